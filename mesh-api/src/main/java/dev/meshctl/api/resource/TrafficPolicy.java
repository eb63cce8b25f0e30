package dev.meshctl.api.resource;

import dev.meshctl.api.name.ServiceName;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** How calls to one service are balanced, protected and retried. What is left out has the proxy's default. */
public record TrafficPolicy(Metadata metadata, Spec spec) implements Resource {

    /**
     * The rules of one service.
     *
     * @param service in the same namespace
     * @param retry for requests whose route says nothing of retries
     * @param connectTimeout 1 ms to 1 min; 1 s if empty
     */
    public record Spec(
            String service,
            Optional<Outlier> outlier,
            Optional<CircuitBreaker> circuitBreaker,
            Optional<RetryBudget> retryBudget,
            Optional<Retry> retry,
            Optional<Duration> connectTimeout) {
        public Spec {
            Check.service(service, "service");
            connectTimeout.ifPresent(timeout -> Check.phrase(
                    timeout.compareTo(Duration.ofMinutes(1)) <= 0 && timeout.compareTo(Duration.ofMillis(1)) >= 0,
                    "connectTimeout", "a duration from 1ms to 1m", Durations.format(timeout)));
        }
    }

    /**
     * Ejection of endpoints that fail.
     *
     * @param consecutiveFailures 5xx or connect errors in a row, 1 to 1000; 5 if empty
     * @param baseEjection grows with each ejection; 5 s if empty
     * @param maxEjection 1 min if empty
     * @param maxEjectedPercent of one host's endpoints; 50 if empty
     */
    public record Outlier(
            OptionalInt consecutiveFailures,
            Optional<Duration> baseEjection,
            Optional<Duration> maxEjection,
            OptionalInt maxEjectedPercent) {
        public Outlier {
            consecutiveFailures.ifPresent(n -> Check.range(n, 1, 1000, "consecutiveFailures"));
            baseEjection.ifPresent(d -> Check.duration(d, Duration.ofMillis(1), "baseEjection"));
            maxEjection.ifPresent(d -> Check.duration(d, baseEjection.orElse(Duration.ofMillis(1)), "maxEjection"));
            maxEjectedPercent.ifPresent(n -> Check.range(n, 1, 100, "maxEjectedPercent"));
        }
    }

    /** Bounds for each endpoint, 1 to 1000000; 256, 256 and 1024 if empty. */
    public record CircuitBreaker(OptionalInt maxConnections, OptionalInt maxPendingRequests, OptionalInt maxRequests) {
        public CircuitBreaker {
            maxConnections.ifPresent(n -> Check.range(n, 1, 1_000_000, "maxConnections"));
            maxPendingRequests.ifPresent(n -> Check.range(n, 1, 1_000_000, "maxPendingRequests"));
            maxRequests.ifPresent(n -> Check.range(n, 1, 1_000_000, "maxRequests"));
        }
    }

    /**
     * How many retries there may be.
     *
     * @param percent of active requests, 1 to 100; 20 if empty
     * @param minPerSecond always allowed, 1 to 1000000; 10 if empty
     */
    public record RetryBudget(OptionalInt percent, OptionalInt minPerSecond) {
        public RetryBudget {
            percent.ifPresent(n -> Check.range(n, 1, 100, "percent"));
            minPerSecond.ifPresent(n -> Check.range(n, 1, 1_000_000, "minPerSecond"));
        }
    }

    public ServiceName service() {
        return new ServiceName(spec.service, metadata.namespace());
    }

    @Override
    public TrafficPolicy withMetadata(Metadata other) {
        return new TrafficPolicy(other, spec);
    }
}
