package dev.meshctl.control.telemetry;

import com.google.protobuf.ByteString;
import dev.meshctl.api.proto.telemetry.Series;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One series in one window of one proxy.
 *
 * @param startMs of the window, epoch
 * @param endMs of the window, epoch
 * @param latencyUs HdrHistogram V2 compressed, in microseconds; empty if there was none, or none that could be read
 */
record Sample(
        SeriesKey key,
        long startMs,
        long endMs,
        long requests,
        long failures,
        long retries,
        long denied,
        Map<Integer, Long> byStatus,
        Map<String, Long> causes,
        ByteString latencyUs) {
    /** Distinct statuses and causes that are kept of one series. */
    static final int MAX_ENTRIES = 64;

    static Sample of(SeriesKey key, Series series, long startMs, long endMs, ByteString latencyUs) {
        return new Sample(key, startMs, endMs, series.getRequests(), series.getFailures(), series.getRetries(),
                series.getDenied(), bounded(series.getByStatusMap()), bounded(series.getFailureCausesMap()), latencyUs);
    }

    private static <K> Map<K, Long> bounded(Map<K, Long> counts) {
        return counts.size() <= MAX_ENTRIES ? Map.copyOf(counts)
                : counts.entrySet().stream().limit(MAX_ENTRIES)
                        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** What it takes in memory, roughly, for the store's bound. */
    long bytes() {
        return 200L + 64L * (byStatus.size() + causes.size()) + latencyUs.size();
    }
}
