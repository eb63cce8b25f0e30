/** Calls of a workload: accept, detect, discover, route, balance, connect. */
@NullMarked
package dev.meshctl.proxy.outbound;

import org.jspecify.annotations.NullMarked;
