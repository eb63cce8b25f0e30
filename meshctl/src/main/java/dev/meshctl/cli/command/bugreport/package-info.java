/** {@code meshctl bug-report}. */
@NullMarked
package dev.meshctl.cli.command.bugreport;

import org.jspecify.annotations.NullMarked;
