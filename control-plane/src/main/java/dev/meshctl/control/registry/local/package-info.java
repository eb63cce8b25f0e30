/** The workloads of this cluster, as its proxies report them. */
@NullMarked
package dev.meshctl.control.registry.local;

import org.jspecify.annotations.NullMarked;
