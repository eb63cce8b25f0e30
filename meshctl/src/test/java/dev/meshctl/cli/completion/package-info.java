@NullMarked
package dev.meshctl.cli.completion;

import org.jspecify.annotations.NullMarked;
