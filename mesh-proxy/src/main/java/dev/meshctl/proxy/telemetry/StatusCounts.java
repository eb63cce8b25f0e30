package dev.meshctl.proxy.telemetry;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Counts by HTTP status; at most 64 different ones, further ones count as 0. One writer, no boxing. */
final class StatusCounts {
    private static final int MAX = 64;

    private int[] statuses = new int[4];
    private long[] counts = new long[4];
    private int size;

    void add(int status, long count) {
        int slot = slot(status); // before counts is read: it may be replaced
        counts[slot] += count;
    }

    void add(StatusCounts other) {
        for (int i = 0; i < other.size; i++) {
            add(other.statuses[i], other.counts[i]);
        }
    }

    private int slot(int status) {
        for (int i = 0; i < size; i++) {
            if (statuses[i] == status) {
                return i;
            }
        }
        if (size >= MAX - 1 && status != 0) {
            return slot(0);
        }
        if (size == statuses.length) {
            statuses = Arrays.copyOf(statuses, size * 2);
            counts = Arrays.copyOf(counts, size * 2);
        }
        statuses[size] = status;
        return size++;
    }

    /** By status, ascending. */
    Map<Integer, Long> toMap() {
        Map<Integer, Long> map = new TreeMap<>();
        for (int i = 0; i < size; i++) {
            map.put(statuses[i], counts[i]);
        }
        return map;
    }
}
