/** The workloads of this cluster, whoever tells of them. */
@NullMarked
package dev.meshctl.control.registry;

import org.jspecify.annotations.NullMarked;
