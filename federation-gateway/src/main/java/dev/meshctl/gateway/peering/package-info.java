/** The discovery stream between gateways of linked meshes: exports, imports and bundles as deltas. */
@NullMarked
package dev.meshctl.gateway.peering;

import org.jspecify.annotations.NullMarked;
