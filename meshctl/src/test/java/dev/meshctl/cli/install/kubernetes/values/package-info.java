@NullMarked
package dev.meshctl.cli.install.kubernetes.values;

import org.jspecify.annotations.NullMarked;
