package dev.meshctl.control.telemetry;

import dev.meshctl.api.proto.telemetry.Direction;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The store as Prometheus text (version 0.0.4): its own counters, and for each destination and version the
 * last minute of the server's side. At most {@value #MAX_DESTINATIONS} destinations are listed.
 */
public final class TelemetryMetrics {
    private static final int MAX_DESTINATIONS = 500;
    private static final long SPAN_MS = 60_000;

    private final TelemetryStore store;
    private final InstantSource clock;

    public TelemetryMetrics(TelemetryStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    private record Destination(String service, String version) implements Comparable<Destination> {
        @Override
        public int compareTo(Destination other) {
            int byService = service.compareTo(other.service);
            return byService != 0 ? byService : version.compareTo(other.version);
        }

        String labels() {
            return "service=\"%s\",version=\"%s\"".formatted(escaped(service), escaped(version));
        }
    }

    /** The text; ends with a line break. */
    public String text() {
        StringBuilder text = new StringBuilder();
        text.append("# TYPE meshctl_control_telemetry_total counter\n");
        new TreeMap<>(store.counters()).forEach((cause, count) ->
                text.append("meshctl_control_telemetry_total{event=\"%s\"} %d\n".formatted(escaped(cause), count)));
        text.append("# TYPE meshctl_control_telemetry_bytes gauge\nmeshctl_control_telemetry_bytes ").append(store.bytes());
        text.append("\n# TYPE meshctl_control_telemetry_series gauge\nmeshctl_control_telemetry_series ").append(store.keys());
        text.append('\n');
        List<Map.Entry<Destination, Totals>> destinations = destinations();
        gauge(text, destinations, "meshctl_service_requests_per_second", totals -> totals.requests() * 1000.0 / SPAN_MS);
        gauge(text, destinations, "meshctl_service_success_percent", Totals::successPercent);
        gauge(text, destinations, "meshctl_service_latency_p99_milliseconds", totals -> totals.percentileMs(99));
        return text.toString();
    }

    private List<Map.Entry<Destination, Totals>> destinations() {
        long from = clock.millis() - SPAN_MS;
        Map<Destination, Totals> totals = new TreeMap<>();
        store.samples(sample -> sample.key().direction() == Direction.INBOUND && sample.endMs() > from).forEach(sample ->
                totals.computeIfAbsent(new Destination(sample.key().destinationService(),
                        sample.key().destinationVersion()), d -> new Totals()).add(sample));
        return totals.entrySet().stream().limit(MAX_DESTINATIONS).toList();
    }

    private interface Value {
        double of(Totals totals);
    }

    private static void gauge(StringBuilder text, List<Map.Entry<Destination, Totals>> destinations, String name, Value value) {
        text.append("# TYPE ").append(name).append(" gauge\n");
        destinations.forEach(e -> text.append(name).append('{').append(e.getKey().labels()).append("} ")
                .append(String.format(Locale.ROOT, "%.3f", value.of(e.getValue()))).append('\n'));
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
