@NullMarked
package dev.meshctl.cli.output;

import org.jspecify.annotations.NullMarked;
