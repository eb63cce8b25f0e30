/** How long to wait before trying again. */
@NullMarked
package dev.meshctl.runtime.backoff;

import org.jspecify.annotations.NullMarked;
