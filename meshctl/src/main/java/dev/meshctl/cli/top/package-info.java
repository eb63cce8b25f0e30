/** The live table of services and their golden signals. */
@NullMarked
package dev.meshctl.cli.top;

import org.jspecify.annotations.NullMarked;
