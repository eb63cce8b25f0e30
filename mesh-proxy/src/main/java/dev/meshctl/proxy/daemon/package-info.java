/** The proxy as a process. */
@NullMarked
package dev.meshctl.proxy.daemon;

import org.jspecify.annotations.NullMarked;
