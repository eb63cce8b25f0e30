@NullMarked
package dev.meshctl.cli.install.kubernetes;

import org.jspecify.annotations.NullMarked;
