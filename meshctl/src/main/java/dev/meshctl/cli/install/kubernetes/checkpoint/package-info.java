/**
 * What was installed when, kept in the cluster itself: enough to tell it, to restore it and to remove it, from any machine.
 */
@NullMarked
package dev.meshctl.cli.install.kubernetes.checkpoint;

import org.jspecify.annotations.NullMarked;
