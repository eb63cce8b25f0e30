package dev.meshctl.sample;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a {@link LoadClient} has seen.
 *
 * @param requests that ended
 * @param failed of them: no answer, or a status of 400 and more
 * @param byStatus answers by HTTP status
 * @param byCause failures by the mesh's named cause ({@code x-meshctl-error}), or by what the socket said
 * @param byVersion good answers by the version that the service says it is
 * @param byCluster good answers by the cluster that served them, where the mesh says so
 * @param latencies of all that ended
 * @param firstFailures the first 8, one line each
 * @param elapsed since the start of the load
 */
public record LoadReport(
        long requests,
        long failed,
        Map<Integer, Long> byStatus,
        Map<String, Long> byCause,
        Map<String, Long> byVersion,
        Map<String, Long> byCluster,
        Latencies latencies,
        List<String> firstFailures,
        Duration elapsed) {
    public LoadReport {
        byStatus = Map.copyOf(byStatus);
        byCause = Map.copyOf(byCause);
        byVersion = Map.copyOf(byVersion);
        byCluster = Map.copyOf(byCluster);
        firstFailures = List.copyOf(firstFailures);
    }

    public long succeeded() {
        return requests - failed;
    }

    /** The share of good answers that a version gave, 0 to 100; 0 when there were none. */
    public double percentOf(String version) {
        return succeeded() == 0 ? 0 : 100.0 * byVersion.getOrDefault(version, 0L) / succeeded();
    }

    /** What has happened between an earlier report of the same load and this one. */
    public LoadReport since(LoadReport earlier) {
        return new LoadReport(
                requests - earlier.requests,
                failed - earlier.failed,
                minus(byStatus, earlier.byStatus),
                minus(byCause, earlier.byCause),
                minus(byVersion, earlier.byVersion),
                minus(byCluster, earlier.byCluster),
                latencies.minus(earlier.latencies),
                firstFailures.subList(Math.min(earlier.firstFailures.size(), firstFailures.size()),
                        firstFailures.size()),
                elapsed.minus(earlier.elapsed));
    }

    private static <K extends Comparable<K>> Map<K, Long> minus(Map<K, Long> now, Map<K, Long> then) {
        Map<K, Long> rest = new TreeMap<>();
        now.forEach((key, count) -> {
            long more = count - then.getOrDefault(key, 0L);
            if (more != 0) {
                rest.put(key, more);
            }
        });
        return rest;
    }
}
