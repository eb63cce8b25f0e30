/** The workloads of this proxy: identity, listeners, readiness, drain, and the report to the control plane. */
@NullMarked
package dev.meshctl.proxy.host;

import org.jspecify.annotations.NullMarked;
