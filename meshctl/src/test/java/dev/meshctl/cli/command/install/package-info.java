@NullMarked
package dev.meshctl.cli.command.install;

import org.jspecify.annotations.NullMarked;
