@NullMarked
package dev.meshctl.cli.run;

import org.jspecify.annotations.NullMarked;
