@NullMarked
package dev.meshctl.cli.install.kubernetes.operate;

import org.jspecify.annotations.NullMarked;
