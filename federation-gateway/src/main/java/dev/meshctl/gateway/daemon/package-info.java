/** The federation gateway as a process. */
@NullMarked
package dev.meshctl.gateway.daemon;

import org.jspecify.annotations.NullMarked;
