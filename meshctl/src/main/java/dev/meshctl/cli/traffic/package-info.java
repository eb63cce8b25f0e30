@NullMarked
package dev.meshctl.cli.traffic;

import org.jspecify.annotations.NullMarked;
