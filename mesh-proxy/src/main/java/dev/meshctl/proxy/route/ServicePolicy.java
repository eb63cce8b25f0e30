package dev.meshctl.proxy.route;

import dev.meshctl.api.proto.config.TrafficPolicy;
import dev.meshctl.proxy.balance.CircuitBounds;
import dev.meshctl.proxy.balance.OutlierPolicy;
import dev.meshctl.proxy.resilience.BudgetPolicy;
import dev.meshctl.proxy.resilience.RetryPolicy;
import java.time.Duration;

/** How a service's endpoints are treated. */
public record ServicePolicy(
        OutlierPolicy outlier,
        CircuitBounds bounds,
        BudgetPolicy retryBudget,
        RetryPolicy defaultRetry,
        Duration connectTimeout) {

    private static final long DEFAULT_CONNECT_MS = 1000;
    private static final long MAX_CONNECT_MS = 60_000;

    static ServicePolicy of(TrafficPolicy wire) {
        long connectMs = Integer.toUnsignedLong(wire.getConnectTimeoutMs());
        return new ServicePolicy(
                OutlierPolicy.of(wire),
                CircuitBounds.of(wire),
                BudgetPolicy.of(wire),
                wire.hasDefaultRetry() ? RetryPolicy.of(wire.getDefaultRetry()) : RetryPolicy.DEFAULT,
                Duration.ofMillis(connectMs == 0 ? DEFAULT_CONNECT_MS : Math.min(MAX_CONNECT_MS, connectMs)));
    }
}
