/** Versions of meshes, and what may be said of two of them. */
@NullMarked
package dev.meshctl.api.version;

import org.jspecify.annotations.NullMarked;
