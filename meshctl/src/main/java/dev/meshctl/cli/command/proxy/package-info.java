@NullMarked
package dev.meshctl.cli.command.proxy;

import org.jspecify.annotations.NullMarked;
