package dev.meshctl.proxy.resilience;

import dev.meshctl.api.proto.config.TrafficPolicy;

/**
 * How many retries a host bears.
 *
 * @param percent retries allowed for 100 requests, 1 to 1000
 * @param minPerSecond allowed besides, so that rarely called hosts are retried at all
 */
public record BudgetPolicy(int percent, int minPerSecond) {
    public static final BudgetPolicy DEFAULT = new BudgetPolicy(20, 10);

    /** Reads the wire form, with its defaults. */
    public static BudgetPolicy of(TrafficPolicy policy) {
        var wire = policy.getRetryBudget();
        return new BudgetPolicy(
                wire.getPercent() <= 0 ? DEFAULT.percent : Math.min(1000, wire.getPercent()),
                wire.getMinPerSecond() <= 0 ? DEFAULT.minPerSecond : Math.min(100_000, wire.getMinPerSecond()));
    }
}
