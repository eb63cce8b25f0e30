@NullMarked
package dev.meshctl.cli.command.completion;

import org.jspecify.annotations.NullMarked;
