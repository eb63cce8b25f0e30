/** Calls to the admin API. */
@NullMarked
package dev.meshctl.trust.client;

import org.jspecify.annotations.NullMarked;
