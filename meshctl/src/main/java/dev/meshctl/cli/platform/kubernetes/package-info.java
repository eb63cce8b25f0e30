/** Clusters of the fleet that run on Kubernetes: how their API servers are reached, and what runs there. */
@NullMarked
package dev.meshctl.cli.platform.kubernetes;

import org.jspecify.annotations.NullMarked;
