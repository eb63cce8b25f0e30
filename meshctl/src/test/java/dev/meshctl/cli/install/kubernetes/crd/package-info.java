@NullMarked
package dev.meshctl.cli.install.kubernetes.crd;

import org.jspecify.annotations.NullMarked;
