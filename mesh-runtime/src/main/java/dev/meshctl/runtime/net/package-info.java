/** Addresses as values. */
@NullMarked
package dev.meshctl.runtime.net;

import org.jspecify.annotations.NullMarked;
