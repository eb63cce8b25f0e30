package dev.meshctl.control.telemetry;

import com.google.protobuf.ByteString;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.QueryTelemetryResponse;
import dev.meshctl.api.proto.telemetry.Direction;
import dev.meshctl.api.proto.telemetry.Series;
import dev.meshctl.api.proto.telemetry.Window;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The windows that proxies have pushed, for 15 minutes: a ring of 180 slots of 5 s, each with what ended in
 * it. Windows of any length are kept as they came, so a query for an exact span counts exactly those that
 * began and ended in it. Bounded in series and bytes; what is over a bound is counted and left out.
 */
public final class TelemetryStore {
    /** How far back queries can look. */
    public static final Duration HISTORY = Duration.ofMinutes(15);

    static final int SLOTS = 180;
    static final long SLOT_MS = HISTORY.toMillis() / SLOTS;
    private static final long MAX_WINDOW_MS = 300_000;

    /**
     * Bounds of the store.
     *
     * @param samplesPerSlot series of all proxies together in 5 s
     * @param keys distinct series in the whole history
     * @param bytes of all samples, roughly
     */
    record Bounds(int samplesPerSlot, int keys, long bytes) {
        static final Bounds DEFAULT = new Bounds(10_000, 20_000, 96L * 1024 * 1024);
    }

    private static final class Slot {
        long number = -1;
        long bytes;
        final List<Sample> samples = new ArrayList<>();
    }

    private final InstantSource clock;
    private final Bounds bounds;
    private final Slot[] ring = new Slot[SLOTS];
    private final Map<SeriesKey, SeriesKey> keys = new HashMap<>();
    private final Map<String, Long> counters = new TreeMap<>();
    private long bytes;
    private long lastSlot = -1;

    public TelemetryStore(InstantSource clock) {
        this(clock, Bounds.DEFAULT);
    }

    TelemetryStore(InstantSource clock, Bounds bounds) {
        this.clock = clock;
        this.bounds = bounds;
        for (int i = 0; i < SLOTS; i++) {
            ring[i] = new Slot();
        }
    }

    /**
     * Takes in one window of one proxy. A window that ends in the future counts as ending now (clocks differ);
     * one that is older than the history, or longer than 5 min, is dropped and counted.
     */
    public synchronized void record(Window window) {
        long now = clock.millis();
        long length = Integer.toUnsignedLong(window.getLengthMs());
        long end = Math.min(window.getStartEpochMs() + length, now);
        if (length > MAX_WINDOW_MS || end <= now - HISTORY.toMillis()) {
            count(length > MAX_WINDOW_MS ? "window_too_long" : "window_too_old", 1);
            return;
        }
        count("windows", 1);
        count("series_dropped_by_proxy", window.getDroppedSeries());
        Slot slot = slot(end / SLOT_MS, now / SLOT_MS);
        for (Series series : window.getSeriesList()) {
            add(slot, series, end - length, end);
        }
    }

    private void add(Slot slot, Series series, long start, long end) {
        SeriesKey key = intern(SeriesKey.of(series));
        if (slot.samples.size() >= bounds.samplesPerSlot || bytes >= bounds.bytes || key == null) {
            count("series_dropped", 1);
            return;
        }
        ByteString latency = series.getLatencyUs();
        if (!latency.isEmpty() && Latencies.decode(latency).isEmpty()) {
            count("invalid_histogram", 1);
            latency = ByteString.EMPTY;
        }
        Sample sample = Sample.of(key, series, start, end, latency);
        slot.samples.add(sample);
        slot.bytes += sample.bytes();
        bytes += sample.bytes();
        count("series", 1);
    }

    private @Nullable SeriesKey intern(SeriesKey key) {
        SeriesKey known = keys.get(key);
        if (known == null && keys.size() < bounds.keys) {
            keys.put(key, key);
            return key;
        }
        return known;
    }

    private Slot slot(long number, long current) {
        forget(current);
        Slot slot = ring[(int) (number % SLOTS)];
        if (slot.number != number) {
            clear(slot);
            slot.number = number;
        }
        return slot;
    }

    /** Clears slots that are past the history, and once in a while the keys that none has any more. */
    private void forget(long current) {
        if (current == lastSlot) {
            return;
        }
        for (Slot slot : ring) {
            if (slot.number >= 0 && slot.number <= current - SLOTS) {
                clear(slot);
            }
        }
        if (current / SLOTS != lastSlot / SLOTS || keys.size() >= bounds.keys) {
            Set<SeriesKey> live = new HashSet<>();
            for (Slot slot : ring) {
                slot.samples.forEach(sample -> live.add(sample.key()));
            }
            keys.keySet().retainAll(live);
        }
        lastSlot = current;
    }

    private void clear(Slot slot) {
        bytes -= slot.bytes;
        slot.bytes = 0;
        slot.number = -1;
        slot.samples.clear();
    }

    /**
     * Sums up the series of the last while, busiest first.
     *
     * @param service of the destination or of the source; empty: all
     * @param last 1 s to 15 min; less or more is taken as that
     * @param direction empty: both
     */
    public QueryTelemetryResponse query(Optional<ServiceName> service, Duration last, Optional<Direction> direction) {
        long to = clock.millis();
        long span = Math.clamp(last.toMillis(), 1000, HISTORY.toMillis());
        String name = service.map(ServiceName::toString).orElse("");
        List<Sample> samples = samples(sample -> sample.endMs() > to - span
                && direction.map(d -> d == sample.key().direction()).orElse(true)
                && (name.isEmpty() || sample.key().destinationService().equals(name)
                        || sample.key().sourceService().equals(name)));
        Map<SeriesKey, Totals> totals = new HashMap<>();
        samples.forEach(sample -> totals.computeIfAbsent(sample.key(), k -> new Totals()).add(sample));
        QueryTelemetryResponse.Builder response =
                QueryTelemetryResponse.newBuilder().setFromEpochMs(to - span).setToEpochMs(to);
        totals.entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<SeriesKey, Totals> e) -> e.getValue().requests()).reversed()
                        .thenComparing(e -> e.getKey().toString()))
                .forEach(e -> response.addSeries(e.getValue().summary(e.getKey(), span / 1000.0)));
        return response.build();
    }

    /** Every sample that the condition takes; sums are made without holding up the proxies. */
    synchronized List<Sample> samples(Predicate<Sample> condition) {
        forget(clock.millis() / SLOT_MS);
        List<Sample> found = new ArrayList<>();
        for (Slot slot : ring) {
            slot.samples.stream().filter(condition).forEach(found::add);
        }
        return found;
    }

    /** The samples whose window began and ended in the span. */
    List<Sample> within(Instant from, Instant to, Predicate<SeriesKey> condition) {
        return samples(sample -> sample.startMs() >= from.toEpochMilli() && sample.endMs() <= to.toEpochMilli()
                && condition.test(sample.key()));
    }

    private void count(String cause, long by) {
        if (by != 0) {
            counters.merge(cause, by, Long::sum);
        }
    }

    /** Since the start: windows and series taken in, and what was left out by cause. */
    public synchronized Map<String, Long> counters() {
        return Map.copyOf(counters);
    }

    synchronized long bytes() {
        return bytes;
    }

    synchronized int keys() {
        return keys.size();
    }
}
