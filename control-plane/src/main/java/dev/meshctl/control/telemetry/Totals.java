package dev.meshctl.control.telemetry;

import com.google.protobuf.ByteString;
import dev.meshctl.api.proto.admin.SeriesSummary;
import dev.meshctl.api.proto.telemetry.Direction;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** The sum of samples. */
final class Totals {
    private static final double[] PERCENTILES = {50, 90, 99};

    private long requests;
    private long failures;
    private long retries;
    private long denied;
    private final Map<Integer, Long> byStatus = new TreeMap<>();
    private final Map<String, Long> causes = new TreeMap<>();
    private @Nullable Histogram latencies;

    void add(Sample sample) {
        requests += sample.requests();
        failures += sample.failures();
        retries += sample.retries();
        denied += sample.denied();
        sample.byStatus().forEach((status, count) -> byStatus.merge(status, count, Long::sum));
        sample.causes().forEach((cause, count) -> causes.merge(cause, count, Long::sum));
        latency(sample.latencyUs());
    }

    private void latency(ByteString bytes) {
        Latencies.decode(bytes).ifPresent(histogram -> {
            Histogram sum = latencies;
            if (sum == null) {
                sum = Latencies.empty();
                latencies = sum;
            }
            Latencies.merge(sum, histogram);
        });
    }

    /** Calls that failed before the server's side could count them. */
    void addUnserved(long count) {
        requests += count;
        failures += count;
    }

    long requests() {
        return requests;
    }

    long failures() {
        return failures;
    }

    /** 100 without requests. */
    double successPercent() {
        return requests == 0 ? 100 : 100.0 * (requests - Math.min(failures, requests)) / requests;
    }

    /** Milliseconds; 0 without latencies. */
    double percentileMs(double percentile) {
        return latencies == null ? 0 : Latencies.percentileMs(latencies, percentile);
    }

    boolean hasLatencies() {
        return latencies != null && latencies.getTotalCount() > 0;
    }

    SeriesSummary summary(SeriesKey key, double seconds) {
        return SeriesSummary.newBuilder()
                .setDirection(word(key.direction()))
                .setSourceService(key.sourceService())
                .setSourceIdentity(key.sourceIdentity())
                .setSourceCluster(key.sourceCluster())
                .setDestinationService(key.destinationService())
                .setDestinationVersion(key.destinationVersion())
                .setDestinationCluster(key.destinationCluster())
                .setProtocol(key.protocol())
                .setMtls(key.mtls())
                .setViaGateway(key.viaGateway())
                .setRequests(requests)
                .setFailures(failures)
                .setRetries(retries)
                .setDenied(denied)
                .setRequestsPerSecond(seconds <= 0 ? 0 : requests / seconds)
                .setSuccessPercent(successPercent())
                .setP50Ms(percentileMs(PERCENTILES[0]))
                .setP90Ms(percentileMs(PERCENTILES[1]))
                .setP99Ms(percentileMs(PERCENTILES[2]))
                .putAllByStatus(byStatus)
                .putAllFailureCauses(causes)
                .build();
    }

    static String word(Direction direction) {
        return direction.name().toLowerCase(Locale.ROOT);
    }
}
