/** What was observed: windows for the control plane, Prometheus text, and the access log. */
@NullMarked
package dev.meshctl.proxy.telemetry;

import org.jspecify.annotations.NullMarked;
