@NullMarked
package dev.meshctl.cli.command.resource;

import org.jspecify.annotations.NullMarked;
