package dev.meshctl.proxy.resilience;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** The pause before an attempt: exponential, with full jitter, at most one second or the base. */
public final class RetryBackoff {
    private static final long MAX_NANOS = Duration.ofSeconds(1).toNanos();

    private RetryBackoff() {}

    /**
     * Nanoseconds to wait.
     *
     * @param retry 1 for the first retry
     */
    public static long nanos(Duration base, int retry, RandomGenerator random) {
        long ceiling = Math.min(Math.max(MAX_NANOS, base.toNanos()), base.toNanos() << Math.min(retry - 1, 10));
        return ceiling <= 0 ? 0 : random.nextLong(ceiling + 1);
    }
}
