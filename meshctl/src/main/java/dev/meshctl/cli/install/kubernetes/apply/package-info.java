/** Brings objects into a cluster and out of it, step by step, and waits until each step has taken effect. */
@NullMarked
package dev.meshctl.cli.install.kubernetes.apply;

import org.jspecify.annotations.NullMarked;
