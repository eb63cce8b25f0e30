/** Immutable configuration of the whole mesh, compiled from intent, registry and imports. */
@NullMarked
package dev.meshctl.control.snapshot;

import org.jspecify.annotations.NullMarked;
