@NullMarked
package dev.meshctl.cli.command.trust;

import org.jspecify.annotations.NullMarked;
