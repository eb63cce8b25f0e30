package dev.meshctl.control.telemetry;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.telemetry.Direction;
import dev.meshctl.api.resource.TrafficShift.Observed;
import dev.meshctl.control.shift.Signals;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What gates look at: the calls that a version's own side has counted, and those that failed before they
 * reached it, which only the callers' side has counted.
 */
public final class TelemetrySignals implements Signals {
    /** Causes at the outbound side which say that the server's side has not seen the call. */
    static final Set<String> UNSERVED_CAUSES = Set.of(
            "no_endpoints", "connect_failed", "connect_timeout", "tls_failed", "identity_mismatch");

    private final TelemetryStore store;

    public TelemetrySignals(TelemetryStore store) {
        this.store = store;
    }

    @Override
    public Observed observe(ServiceName service, String version, double percentile, Instant from, Instant to) {
        String name = service.toString();
        Totals totals = new Totals();
        for (Sample sample : store.within(from, to, key ->
                key.destinationService().equals(name) && key.destinationVersion().equals(version))) {
            if (sample.key().direction() == Direction.INBOUND) {
                totals.add(sample);
            } else {
                totals.addUnserved(unserved(sample.causes()));
            }
        }
        return new Observed(totals.requests(), totals.failures(),
                totals.requests() == 0 ? Optional.empty() : Optional.of(totals.successPercent()),
                totals.hasLatencies() ? Optional.of(totals.percentileMs(percentile)) : Optional.empty());
    }

    private static long unserved(Map<String, Long> causes) {
        return causes.entrySet().stream()
                .filter(cause -> UNSERVED_CAUSES.contains(cause.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }
}
