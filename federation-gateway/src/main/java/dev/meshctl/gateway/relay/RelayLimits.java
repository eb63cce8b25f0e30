package dev.meshctl.gateway.relay;

import java.time.Duration;

/**
 * The bounds of the east-west port.
 *
 * @param maxConnections open client connections, those still without ClientHello included
 * @param helloTimeout from accept to a complete ClientHello
 * @param connectTimeout for one attempt to reach a workload or gateway
 * @param maxAttempts attempts for one connection, the first included
 * @param idleTimeout without a byte in either direction
 * @param withdrawalGrace for how long a relay goes on when its link or export is removed, so that the proxies at its ends, who
 *     know of requests, end it first
 */
public record RelayLimits(
        int maxConnections, Duration helloTimeout, Duration connectTimeout, int maxAttempts, Duration idleTimeout,
        Duration withdrawalGrace) {
    public static final RelayLimits DEFAULT = new RelayLimits(
            8192, Duration.ofSeconds(5), Duration.ofSeconds(1), 4, Duration.ofHours(1), Duration.ofSeconds(6));

    public RelayLimits {
        if (maxConnections < 1 || maxAttempts < 1) {
            throw new IllegalArgumentException("connections and attempts must be at least 1");
        }
        if (!helloTimeout.isPositive() || !connectTimeout.isPositive() || !idleTimeout.isPositive()) {
            throw new IllegalArgumentException("timeouts must be positive");
        }
        if (withdrawalGrace.isNegative()) {
            throw new IllegalArgumentException("the grace must not be negative");
        }
    }
}
