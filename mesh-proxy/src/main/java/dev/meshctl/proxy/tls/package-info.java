/** TLS contexts of workloads, the check of a peer's identity, and the reading of an SNI. */
@NullMarked
package dev.meshctl.proxy.tls;

import org.jspecify.annotations.NullMarked;
