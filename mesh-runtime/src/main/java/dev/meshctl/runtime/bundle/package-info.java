/** Trust bundles as values, and their SPIFFE JSON form. */
@NullMarked
package dev.meshctl.runtime.bundle;

import org.jspecify.annotations.NullMarked;
