/** {@code meshctl verify}. */
@NullMarked
package dev.meshctl.cli.command.verify;

import org.jspecify.annotations.NullMarked;
