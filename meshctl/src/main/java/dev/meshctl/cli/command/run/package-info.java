@NullMarked
package dev.meshctl.cli.command.run;

import org.jspecify.annotations.NullMarked;
