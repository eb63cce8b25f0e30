package dev.meshctl.control.shift;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.TrafficShift.Observed;
import java.time.Instant;

/** What is known of how a version does. */
public interface Signals {
    /**
     * Sums up the calls to one version.
     *
     * @param percentile for the latency, more than 0 to 100
     * @param from only windows that began then or later count
     * @param to only windows that ended then or before count
     */
    Observed observe(ServiceName service, String version, double percentile, Instant from, Instant to);
}
