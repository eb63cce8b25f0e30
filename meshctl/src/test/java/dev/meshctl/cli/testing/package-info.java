@NullMarked
package dev.meshctl.cli.testing;

import org.jspecify.annotations.NullMarked;
