package dev.meshctl.proxy.telemetry;

import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowRecord;
import java.util.EnumMap;
import java.util.Map;
import org.HdrHistogram.IntCountsHistogram;

/** The counts of one series in one window. One writer at a time. */
final class SeriesCell {
    /** Longer latencies are counted as this. */
    static final long MAX_LATENCY_US = 60_000_000;

    private static final int DIGITS = 2;
    private static final FailureCause[] CAUSES = FailureCause.values();

    final StatusCounts byStatus = new StatusCounts();
    // Grows with the latencies that are seen: 1 KiB for a fast service, 12 KiB at most.
    final IntCountsHistogram latencyUs = new IntCountsHistogram(DIGITS);
    private final long[] causes = new long[CAUSES.length];
    long requests;
    long failures;
    long retries;
    long denied;
    long bytesReceived;
    long bytesSent;

    void add(FlowRecord flow) {
        requests++;
        byStatus.add(flow.status(), 1);
        latencyUs.recordValue(Math.clamp(flow.latencyNanos() / 1000, 1, MAX_LATENCY_US));
        if (flow.failed()) {
            failures++;
        }
        FailureCause cause = flow.failure();
        if (cause != null) {
            causes[cause.ordinal()]++;
        }
        retries += flow.retries();
        if (flow.denied()) {
            denied++;
        }
        bytesReceived += flow.bytesReceived();
        bytesSent += flow.bytesSent();
    }

    void add(SeriesCell other) {
        requests += other.requests;
        failures += other.failures;
        retries += other.retries;
        denied += other.denied;
        bytesReceived += other.bytesReceived;
        bytesSent += other.bytesSent;
        byStatus.add(other.byStatus);
        latencyUs.add(other.latencyUs);
        for (int i = 0; i < causes.length; i++) {
            causes[i] += other.causes[i];
        }
    }

    /** Those that happened. */
    Map<FailureCause, Long> failureCauses() {
        Map<FailureCause, Long> map = new EnumMap<>(FailureCause.class);
        for (int i = 0; i < causes.length; i++) {
            if (causes[i] > 0) {
                map.put(CAUSES[i], causes[i]);
            }
        }
        return map;
    }
}
