package dev.meshctl.control.policy;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.CircuitBreaker;
import dev.meshctl.api.proto.config.Outlier;
import dev.meshctl.api.proto.config.Retry;
import dev.meshctl.api.proto.config.RetryBudget;
import dev.meshctl.api.resource.TrafficPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Compiles traffic policies. */
public final class TrafficPolicyCompiler {
    private static final int DEFAULT_BACKOFF_MS = 25;

    private TrafficPolicyCompiler() {}

    /** The policy of a service. Of several the oldest is it, then the first by name, as the Gateway API has conflicts. */
    public static Optional<TrafficPolicy> choose(ServiceName service, Collection<TrafficPolicy> policies) {
        return policies.stream()
                .filter(policy -> policy.service().equals(service))
                .min(Comparator.comparing((TrafficPolicy p) -> p.metadata().creationTimestamp().orElse(Instant.MAX))
                        .thenComparing(TrafficPolicy::key));
    }

    /** Compiles one policy; what it leaves out stays 0, the proxy's default. */
    public static dev.meshctl.api.proto.config.TrafficPolicy compile(TrafficPolicy policy) {
        TrafficPolicy.Spec spec = policy.spec();
        dev.meshctl.api.proto.config.TrafficPolicy.Builder message =
                dev.meshctl.api.proto.config.TrafficPolicy.newBuilder();
        spec.outlier().ifPresent(o -> message.setOutlier(outlier(o)));
        spec.circuitBreaker().ifPresent(c -> message.setCircuitBreaker(CircuitBreaker.newBuilder()
                .setMaxConnections(c.maxConnections().orElse(0))
                .setMaxPendingRequests(c.maxPendingRequests().orElse(0))
                .setMaxRequests(c.maxRequests().orElse(0))));
        spec.retryBudget().ifPresent(b -> message.setRetryBudget(RetryBudget.newBuilder()
                .setPercent(b.percent().orElse(0))
                .setMinPerSecond(b.minPerSecond().orElse(0))));
        spec.retry().ifPresent(r -> message.setDefaultRetry(retry(r)));
        spec.connectTimeout().ifPresent(d -> message.setConnectTimeoutMs(millis(d)));
        return message.build();
    }

    private static Outlier outlier(TrafficPolicy.Outlier outlier) {
        return Outlier.newBuilder()
                .setConsecutiveFailures(outlier.consecutiveFailures().orElse(0))
                .setBaseEjectionMs(outlier.baseEjection().map(TrafficPolicyCompiler::millis).orElse(0))
                .setMaxEjectionMs(outlier.maxEjection().map(TrafficPolicyCompiler::millis).orElse(0))
                .setMaxEjectedPercent(outlier.maxEjectedPercent().orElse(0))
                .build();
    }

    static Retry retry(dev.meshctl.api.resource.Retry retry) {
        return Retry.newBuilder()
                .setAttempts(retry.attempts())
                .addAllStatusCodes(retry.codes())
                .setBackoffMs(retry.backoff().map(TrafficPolicyCompiler::millis).orElse(DEFAULT_BACKOFF_MS))
                .build();
    }

    static int millis(Duration duration) {
        return Math.toIntExact(duration.toMillis());
    }
}
