/** Sockets of the data path: the system's way to wait on them, and finding those whose peer is gone. */
@NullMarked
package dev.meshctl.runtime.socket;

import org.jspecify.annotations.NullMarked;
