@NullMarked
package dev.meshctl.cli;

import org.jspecify.annotations.NullMarked;
