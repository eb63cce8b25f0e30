package dev.meshctl.gateway.link;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A token bucket for each source address: a few tries at once, then one in a while. Remembers a bounded
 * number of sources, the least recently seen is forgotten first.
 */
final class SourceLimiter {
    static final int BURST = 5;
    static final Duration REFILL = Duration.ofSeconds(2);

    private static final int MAX_SOURCES = 4096;

    private final InstantSource clock;
    private final Map<String, Instant> fullAt = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
            return size() > MAX_SOURCES;
        }
    };

    SourceLimiter(InstantSource clock) {
        this.clock = clock;
    }

    /** Takes one try of this source; false if it has none left now. */
    synchronized boolean tryAcquire(String source) {
        Instant now = clock.instant();
        Instant full = fullAt.getOrDefault(source, now);
        Instant base = full.isBefore(now) ? now : full;
        Instant next = base.plus(REFILL);
        if (Duration.between(now, next).compareTo(REFILL.multipliedBy(BURST)) > 0) {
            return false;
        }
        fullAt.put(source, next);
        return true;
    }
}
