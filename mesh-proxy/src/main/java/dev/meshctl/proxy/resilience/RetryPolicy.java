package dev.meshctl.proxy.resilience;

import dev.meshctl.api.proto.config.Retry;
import java.time.Duration;
import java.util.Set;

/**
 * When a request is sent again.
 *
 * @param attempts beyond the first, 0 to {@link #MAX_ATTEMPTS}
 * @param statusCodes of answers that count as failed
 * @param backoff base of the jittered exponential pause
 * @param configured true if somebody asked for it: then requests that are not idempotent are retried too
 */
public record RetryPolicy(int attempts, Set<Integer> statusCodes, Duration backoff, boolean configured) {
    public static final int MAX_ATTEMPTS = 10;

    private static final Set<Integer> GATEWAY_ERRORS = Set.of(502, 503, 504);
    private static final Duration DEFAULT_BACKOFF = Duration.ofMillis(10);

    /** What holds without any configuration: idempotent requests, two attempts more, gateway errors. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(2, GATEWAY_ERRORS, DEFAULT_BACKOFF, false);

    public RetryPolicy {
        attempts = Math.min(attempts, MAX_ATTEMPTS);
        statusCodes = Set.copyOf(statusCodes);
    }

    /** Reads the wire form; attempts above the maximum are cut. */
    public static RetryPolicy of(Retry retry) {
        int attempts = (int) Math.min(MAX_ATTEMPTS, Integer.toUnsignedLong(retry.getAttempts()));
        return new RetryPolicy(
                attempts,
                retry.getStatusCodesCount() == 0 ? GATEWAY_ERRORS : Set.copyOf(retry.getStatusCodesList()),
                retry.getBackoffMs() == 0 ? DEFAULT_BACKOFF : Duration.ofMillis(Math.min(10_000, Integer.toUnsignedLong(retry.getBackoffMs()))),
                true);
    }
}
