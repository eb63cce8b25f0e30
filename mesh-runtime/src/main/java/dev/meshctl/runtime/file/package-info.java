/** Files that survive a crash. */
@NullMarked
package dev.meshctl.runtime.file;

import org.jspecify.annotations.NullMarked;
