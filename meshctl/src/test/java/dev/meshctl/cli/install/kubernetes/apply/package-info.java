@NullMarked
package dev.meshctl.cli.install.kubernetes.apply;

import org.jspecify.annotations.NullMarked;
