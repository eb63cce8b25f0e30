/** {@code meshctl demo}. */
@NullMarked
package dev.meshctl.cli.command.demo;

import org.jspecify.annotations.NullMarked;
