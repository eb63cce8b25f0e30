package dev.meshctl.proxy.balance;

import dev.meshctl.api.proto.config.TrafficPolicy;
import java.time.Duration;

/**
 * When an endpoint is left out for a while.
 *
 * @param consecutiveFailures 5xx answers or connect errors in a row
 * @param baseEjection first ejection; doubles with each further one
 * @param maxEjection the longest
 * @param maxEjectedPercent of the endpoints of one host, 0 to 100; one endpoint may always be ejected if there are
 *     others
 */
public record OutlierPolicy(
        int consecutiveFailures, Duration baseEjection, Duration maxEjection, int maxEjectedPercent) {
    public static final OutlierPolicy DEFAULT =
            new OutlierPolicy(5, Duration.ofSeconds(5), Duration.ofSeconds(60), 50);

    /** Reads the wire form, with its defaults. */
    public static OutlierPolicy of(TrafficPolicy policy) {
        var wire = policy.getOutlier();
        return new OutlierPolicy(
                wire.getConsecutiveFailures() <= 0 ? DEFAULT.consecutiveFailures : wire.getConsecutiveFailures(),
                wire.getBaseEjectionMs() == 0 ? DEFAULT.baseEjection : millis(wire.getBaseEjectionMs()),
                wire.getMaxEjectionMs() == 0 ? DEFAULT.maxEjection : millis(wire.getMaxEjectionMs()),
                wire.getMaxEjectedPercent() <= 0 ? DEFAULT.maxEjectedPercent : Math.min(100, wire.getMaxEjectedPercent()));
    }

    private static Duration millis(int unsigned) {
        return Duration.ofMillis(Integer.toUnsignedLong(unsigned));
    }
}
