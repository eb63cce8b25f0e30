@NullMarked
package dev.meshctl.cli.install.kubernetes.precheck;

import org.jspecify.annotations.NullMarked;
