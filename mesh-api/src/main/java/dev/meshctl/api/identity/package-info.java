/** SPIFFE identities as values. */
@NullMarked
package dev.meshctl.api.identity;

import org.jspecify.annotations.NullMarked;
