@NullMarked
package dev.meshctl.cli.verify;

import org.jspecify.annotations.NullMarked;
