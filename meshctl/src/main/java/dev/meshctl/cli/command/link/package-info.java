@NullMarked
package dev.meshctl.cli.command.link;

import org.jspecify.annotations.NullMarked;
