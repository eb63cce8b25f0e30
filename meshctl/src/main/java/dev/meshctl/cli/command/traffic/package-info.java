@NullMarked
package dev.meshctl.cli.command.traffic;

import org.jspecify.annotations.NullMarked;
