@NullMarked
package dev.meshctl.cli.fleet;

import org.jspecify.annotations.NullMarked;
