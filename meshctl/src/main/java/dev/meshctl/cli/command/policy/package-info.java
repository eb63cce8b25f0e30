@NullMarked
package dev.meshctl.cli.command.policy;

import org.jspecify.annotations.NullMarked;
