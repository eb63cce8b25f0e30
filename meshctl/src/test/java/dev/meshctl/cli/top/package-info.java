@NullMarked
package dev.meshctl.cli.top;

import org.jspecify.annotations.NullMarked;
