@NullMarked
package dev.meshctl.cli.bugreport;

import org.jspecify.annotations.NullMarked;
