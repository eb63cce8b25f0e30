/** A small mesh in one process: workloads with real listeners, applications and identities. */
@NullMarked
package dev.meshctl.proxy.testing;

import org.jspecify.annotations.NullMarked;
