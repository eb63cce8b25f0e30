@NullMarked
package dev.meshctl.cli.command.inject;

import org.jspecify.annotations.NullMarked;
