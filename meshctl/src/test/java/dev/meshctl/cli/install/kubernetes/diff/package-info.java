@NullMarked
package dev.meshctl.cli.install.kubernetes.diff;

import org.jspecify.annotations.NullMarked;
