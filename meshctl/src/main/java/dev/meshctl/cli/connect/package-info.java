@NullMarked
package dev.meshctl.cli.connect;

import org.jspecify.annotations.NullMarked;
