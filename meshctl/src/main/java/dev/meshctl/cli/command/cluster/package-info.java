@NullMarked
package dev.meshctl.cli.command.cluster;

import org.jspecify.annotations.NullMarked;
