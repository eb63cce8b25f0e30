package dev.meshctl.proxy.telemetry;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.proxy.flow.FlowRecord;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Calls that policies asked to have counted. At most {@link #MAX_POLICIES} are told apart, the others count as
 * {@code other}.
 */
final class AuditCounts {
    static final int MAX_POLICIES = 500;

    private static final Key OTHER = new Key(SeriesKey.OTHER, null, true);

    private record Key(String policy, @Nullable ServiceName destination, boolean allowed) {
        Labels labels() {
            return Labels.of("policy", policy)
                    .and("destination", destination == null ? "" : destination.toString())
                    .and("allowed", String.valueOf(allowed));
        }
    }

    private final Map<Key, LongAdder> counts = new ConcurrentHashMap<>();

    void add(FlowRecord flow) {
        for (String policy : flow.audited()) {
            Key key = new Key(policy, flow.destination(), !flow.denied());
            LongAdder known = counts.get(key);
            if (known == null) {
                known = counts.computeIfAbsent(counts.size() < MAX_POLICIES ? key : OTHER, k -> new LongAdder());
            }
            known.increment();
        }
    }

    void writeTo(PrometheusText text) {
        text.counter("meshctl_audited_total", "Calls that an AUDIT policy matches.");
        counts.entrySet().stream().sorted(Comparator.comparing(e -> e.getKey().labels().toString()))
                .forEach(e -> text.sample(e.getKey().labels(), e.getValue().sum()));
    }
}
