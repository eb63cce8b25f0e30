@NullMarked
package dev.meshctl.cli.platform;

import org.jspecify.annotations.NullMarked;
