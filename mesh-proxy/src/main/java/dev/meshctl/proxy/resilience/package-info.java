/** Retries, their budget, and backoff. */
@NullMarked
package dev.meshctl.proxy.resilience;

import org.jspecify.annotations.NullMarked;
