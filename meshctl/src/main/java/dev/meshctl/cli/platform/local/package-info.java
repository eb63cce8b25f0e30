@NullMarked
package dev.meshctl.cli.platform.local;

import org.jspecify.annotations.NullMarked;
