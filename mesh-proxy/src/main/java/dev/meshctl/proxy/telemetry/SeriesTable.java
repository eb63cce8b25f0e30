package dev.meshctl.proxy.telemetry;

import dev.meshctl.proxy.flow.FlowRecord;
import java.util.HashMap;
import java.util.Map;

/**
 * The series of a window, at most a fixed number; what finds no room is counted in one {@code other}
 * series per direction, so that no request is lost from the totals.
 */
final class SeriesTable {
    private final Map<SeriesKey, SeriesCell> cells = new HashMap<>();
    private final int maxSeries;
    private int named;
    private long dropped;

    SeriesTable(int maxSeries) {
        this.maxSeries = maxSeries;
    }

    void add(FlowRecord flow) {
        SeriesKey key = SeriesKey.of(flow);
        SeriesCell cell = cells.get(key);
        if (cell == null) {
            cell = open(key);
        }
        cell.add(flow);
    }

    void add(SeriesTable other) {
        dropped += other.dropped;
        other.cells.forEach((key, cell) -> {
            SeriesCell mine = cells.get(key);
            (mine == null ? open(key) : mine).add(cell);
        });
    }

    private SeriesCell open(SeriesKey key) {
        SeriesKey other = SeriesKey.other(key.direction());
        if (key.equals(other)) {
            return cells.computeIfAbsent(other, k -> new SeriesCell());
        }
        if (named >= maxSeries) {
            dropped++;
            return cells.computeIfAbsent(other, k -> new SeriesCell());
        }
        named++;
        return cells.computeIfAbsent(key, k -> new SeriesCell());
    }

    Map<SeriesKey, SeriesCell> cells() {
        return cells;
    }

    /** How often a flow, or a merged series, was counted as {@code other} for want of room. */
    long dropped() {
        return dropped;
    }

    boolean isEmpty() {
        return cells.isEmpty() && dropped == 0;
    }
}
