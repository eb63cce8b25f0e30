package dev.meshctl.runtime.daemon;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counters by named cause. At most {@link #MAX_NAMES} names; what comes after is counted as {@code other}. */
public final class Counters {
    /** The most names that one instance holds, {@code other} not included. */
    public static final int MAX_NAMES = 256;

    private static final String OTHER = "other";

    private final Map<String, LongAdder> byName = new ConcurrentHashMap<>();

    /** Counts one. */
    public void increment(String cause) {
        add(cause, 1);
    }

    /** Counts several. */
    public void add(String cause, long count) {
        LongAdder known = byName.get(cause);
        if (known == null) {
            String name = byName.size() < MAX_NAMES ? cause : OTHER;
            known = byName.computeIfAbsent(name, unused -> new LongAdder());
        }
        known.add(count);
    }

    /** The count of one cause, 0 if it never happened. */
    public long count(String cause) {
        LongAdder adder = byName.get(cause);
        return adder == null ? 0 : adder.sum();
    }

    /** All counts now, sorted by name. */
    public Map<String, Long> snapshot() {
        Map<String, Long> counts = new TreeMap<>();
        byName.forEach((name, adder) -> counts.put(name, adder.sum()));
        return counts;
    }
}
