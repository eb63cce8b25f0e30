@NullMarked
package dev.meshctl.cli.platform.kubernetes;

import org.jspecify.annotations.NullMarked;
