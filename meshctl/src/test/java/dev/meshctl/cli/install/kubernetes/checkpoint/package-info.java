@NullMarked
package dev.meshctl.cli.install.kubernetes.checkpoint;

import org.jspecify.annotations.NullMarked;
