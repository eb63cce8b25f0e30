/**
 * The way into a cluster on Kubernetes: port-forwards to the control plane and the trust bridge, and an admin
 * identity for which the API server vouches. Nothing of it outlives a command but the identity's file.
 */
@NullMarked
package dev.meshctl.cli.connect.kubernetes;

import org.jspecify.annotations.NullMarked;
