@NullMarked
package dev.meshctl.cli.command;

import org.jspecify.annotations.NullMarked;
