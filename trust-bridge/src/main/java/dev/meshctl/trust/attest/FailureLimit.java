package dev.meshctl.trust.attest;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Slows down those whose attestations fail: each source address may fail {@value #BURST} times at once and
 * {@value #PER_SECOND} times a second after that. Successes cost nothing. At most {@value #MAX_SOURCES} sources
 * are remembered, those that failed last.
 */
public final class FailureLimit {
    private static final int BURST = 50;
    private static final int PER_SECOND = 5;
    private static final int MAX_SOURCES = 4096;

    private record Bucket(double left, Instant at) {}

    private final InstantSource clock;
    private final Map<String, Bucket> bySource = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > MAX_SOURCES;
        }
    };

    public FailureLimit(InstantSource clock) {
        this.clock = clock;
    }

    /** False while the source has to wait. */
    public synchronized boolean allows(String source) {
        Bucket bucket = bySource.get(source);
        return bucket == null || left(bucket) >= 1;
    }

    /** Counts a failure of the source. */
    public synchronized void failed(String source) {
        Bucket bucket = bySource.get(source);
        double left = bucket == null ? BURST : left(bucket);
        bySource.put(source, new Bucket(Math.max(0, left - 1), clock.instant()));
    }

    private double left(Bucket bucket) {
        double seconds = Duration.between(bucket.at(), clock.instant()).toMillis() / 1000.0;
        return Math.min(BURST, bucket.left() + Math.max(0, seconds) * PER_SECOND);
    }
}
