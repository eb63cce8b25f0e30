package dev.meshctl.runtime.backoff;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential backoff with full jitter: each wait is uniform between zero and a ceiling that doubles
 * from {@code base} to {@code max}. Not for use by several threads at once.
 *
 * @see <a href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential Backoff
 *     and Jitter</a>
 */
public final class Backoff {
    private static final int MAX_DOUBLINGS = 30;

    private final Duration base;
    private final Duration max;
    private final RandomGenerator random;
    private int attempts;

    /**
     * @param base the ceiling of the first wait, at least 1 ms
     * @param max the largest ceiling, at least {@code base}
     */
    public Backoff(Duration base, Duration max, RandomGenerator random) {
        if (base.toMillis() < 1 || max.compareTo(base) < 0) {
            throw new IllegalArgumentException("backoff needs 1 ms <= base <= max, not " + base + " and " + max);
        }
        this.base = base;
        this.max = max;
        this.random = random;
    }

    /** How long to wait before the next try: 1 ms up to the ceiling, which doubles with each call. */
    public Duration next() {
        long ceiling = Math.min(max.toMillis(), saturatedDoubling());
        if (attempts < MAX_DOUBLINGS) {
            attempts++;
        }
        return Duration.ofMillis(1 + random.nextLong(ceiling));
    }

    /** Starts over from the base; to be called after a success. */
    public void reset() {
        attempts = 0;
    }

    private long saturatedDoubling() {
        long millis = base.toMillis();
        return millis > Long.MAX_VALUE >> attempts ? Long.MAX_VALUE : millis << attempts;
    }
}
