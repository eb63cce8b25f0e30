/** TLS between parts of the mesh: the one place where a peer's SPIFFE identity is checked. */
@NullMarked
package dev.meshctl.runtime.tls;

import org.jspecify.annotations.NullMarked;
