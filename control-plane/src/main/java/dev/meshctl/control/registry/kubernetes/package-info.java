/** The services and workloads of this cluster, as its API server tells of them. */
@NullMarked
package dev.meshctl.control.registry.kubernetes;

import org.jspecify.annotations.NullMarked;
