package dev.meshctl.proxy.balance;

import dev.meshctl.api.proto.config.TrafficPolicy;

/**
 * What one endpoint is asked to bear at most; all at least 1. A caller may have one connection for each of its event
 * loops beyond {@code maxConnections}, so that one caller cannot shut out another.
 */
public record CircuitBounds(int maxConnections, int maxPendingRequests, int maxRequests) {
    public static final CircuitBounds DEFAULT = new CircuitBounds(256, 256, 1024);

    /** Reads the wire form, with its defaults. */
    public static CircuitBounds of(TrafficPolicy policy) {
        var wire = policy.getCircuitBreaker();
        return new CircuitBounds(
                orDefault(wire.getMaxConnections(), DEFAULT.maxConnections),
                orDefault(wire.getMaxPendingRequests(), DEFAULT.maxPendingRequests),
                orDefault(wire.getMaxRequests(), DEFAULT.maxRequests));
    }

    private static int orDefault(int value, int otherwise) {
        return value <= 0 ? otherwise : value;
    }
}
