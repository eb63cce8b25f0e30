/** Opaque bytes between two channels, with back-pressure. */
@NullMarked
package dev.meshctl.proxy.tcp;

import org.jspecify.annotations.NullMarked;
