/** Completion scripts, generated from the command tree. */
@NullMarked
package dev.meshctl.cli.completion;

import org.jspecify.annotations.NullMarked;
