/** The own bundle and those of linked meshes: kept, watched, published. */
@NullMarked
package dev.meshctl.trust.bundle;

import org.jspecify.annotations.NullMarked;
