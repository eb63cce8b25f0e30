/** Checks of a fleet with stable ids, and the report of them. */
@NullMarked
package dev.meshctl.cli.verify;

import org.jspecify.annotations.NullMarked;
