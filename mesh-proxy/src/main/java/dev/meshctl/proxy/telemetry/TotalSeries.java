package dev.meshctl.proxy.telemetry;

import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FailureCause;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.HdrHistogram.HistogramIterationValue;

/** Counts since the start, in the form that Prometheus wants. Bounded as a window is. */
final class TotalSeries {
    /** Upper bounds of the duration buckets, microseconds; the last bucket has none. */
    private static final long[] BUCKETS_US = {
        500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000, 10_000_000, 30_000_000
    };
    private static final String[] BUCKET_LABELS = {
        "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10",
        "30"
    };

    private static final class Total {
        final Map<Integer, Long> byStatus = new TreeMap<>();
        final Map<FailureCause, Long> causes = new EnumMap<>(FailureCause.class);
        final long[] buckets = new long[BUCKETS_US.length];
        double sumSeconds;
        long requests;
        long retries;
        long denied;
        long bytesReceived;
        long bytesSent;

        void add(SeriesCell cell) {
            requests += cell.requests;
            retries += cell.retries;
            denied += cell.denied;
            bytesReceived += cell.bytesReceived;
            bytesSent += cell.bytesSent;
            cell.byStatus.toMap().forEach((status, count) -> byStatus.merge(status, count, Long::sum));
            cell.failureCauses().forEach((cause, count) -> causes.merge(cause, count, Long::sum));
            for (HistogramIterationValue step : cell.latencyUs.recordedValues()) {
                addLatency(step.getValueIteratedTo(), step.getCountAddedInThisIterationStep());
            }
        }

        private void addLatency(long micros, long count) {
            sumSeconds += micros * 1e-6 * count;
            for (int i = 0; i < BUCKETS_US.length; i++) {
                if (micros <= BUCKETS_US[i]) {
                    buckets[i] += count;
                }
            }
        }
    }

    private final Map<SeriesKey, Total> totals = new HashMap<>();
    private final int maxSeries;
    private long dropped;

    TotalSeries(int maxSeries) {
        this.maxSeries = maxSeries;
    }

    void add(SeriesTable table) {
        dropped += table.dropped();
        table.cells().forEach((key, cell) -> open(key).add(cell));
    }

    private Total open(SeriesKey key) {
        Total known = totals.get(key);
        if (known != null) {
            return known;
        }
        if (totals.size() < maxSeries || key.route().equals(SeriesKey.OTHER)) {
            return totals.computeIfAbsent(key, k -> new Total());
        }
        dropped++;
        return totals.computeIfAbsent(SeriesKey.other(key.direction()), k -> new Total());
    }

    void writeTo(PrometheusText text) {
        text.counter("meshctl_requests_total", "Requests, and opaque connections, that ended.");
        totals.forEach((key, total) -> total.byStatus.forEach((status, count) ->
                text.sample(labels(key).and("status", String.valueOf(status)), count)));
        text.histogram("meshctl_request_duration_seconds", "From the first byte of a request to the last of its answer.");
        totals.forEach((key, total) ->
                text.buckets(labels(key), BUCKET_LABELS, total.buckets, total.requests, total.sumSeconds));
        text.counter("meshctl_request_failures_total", "Requests that the mesh ended, by cause.");
        totals.forEach((key, total) -> total.causes.forEach((cause, count) ->
                text.sample(labels(key).and("cause", cause.label()), count)));
        counter(text, "meshctl_retries_total", "Attempts beyond the first.", total -> total.retries);
        counter(text, "meshctl_denied_total", "Requests denied by policy.", total -> total.denied);
        counter(text, "meshctl_received_bytes_total", "Body bytes from clients.", total -> total.bytesReceived);
        counter(text, "meshctl_sent_bytes_total", "Body bytes to clients.", total -> total.bytesSent);
        text.counter("meshctl_telemetry_dropped_series_total", "Series counted as \"other\": over the bound.");
        text.sample(Labels.NONE, dropped);
    }

    private void counter(
            PrometheusText text, String name, String help, ToLongFunction<Total> value) {
        text.counter(name, help);
        totals.forEach((key, total) -> text.sample(labels(key), value.applyAsLong(total)));
    }

    private static Labels labels(SeriesKey key) {
        return Labels.NONE
                .and("direction", key.direction() == Direction.INBOUND ? "inbound" : "outbound")
                .and("source", key.sourceText())
                .and("source_service", key.sourceServiceText())
                .and("source_cluster", key.sourceCluster())
                .and("destination", key.destinationText())
                .and("version", key.version())
                .and("cluster", key.cluster())
                .and("protocol", key.protocol().label())
                .and("mtls", String.valueOf(key.mtls()))
                .and("route", key.route())
                .and("via_gateway", String.valueOf(key.viaGateway()));
    }
}
