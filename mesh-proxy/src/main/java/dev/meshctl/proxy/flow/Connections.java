package dev.meshctl.proxy.flow;

import io.netty.channel.Channel;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts the connections of this process. Called on event loops; neither waits nor locks. */
public final class Connections {
    /** Who is at the other end, and who made it. */
    public enum Kind {
        /** Accepted from a workload. */
        OUTBOUND("outbound"),
        /** Accepted for a workload. */
        INBOUND("inbound"),
        /** Made to an endpoint, or to a gateway. */
        ENDPOINT("endpoint"),
        /** Made to an application of this machine. */
        APPLICATION("application"),
        /** Made to a host outside the mesh. */
        OUTSIDE("outside");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    private final Map<Kind, LongAdder> opened = new EnumMap<>(Kind.class);
    private final Map<Kind, Map<CloseCause, LongAdder>> closed = new EnumMap<>(Kind.class);
    private final Map<Kind, LongAdder> notAccepted = new EnumMap<>(Kind.class);

    Connections() {
        for (Kind kind : Kind.values()) {
            opened.put(kind, new LongAdder());
            notAccepted.put(kind, new LongAdder());
            Map<CloseCause, LongAdder> causes = new EnumMap<>(CloseCause.class);
            for (CloseCause cause : CloseCause.values()) {
                causes.put(cause, new LongAdder());
            }
            closed.put(kind, causes);
        }
    }

    /** Counts an open connection, and its end when it comes. */
    public void count(Kind kind, Channel channel) {
        adder(opened, kind).increment();
        channel.closeFuture().addListener(f -> adder(adder(closed, kind), CloseCause.read(channel)).increment());
    }

    /** A connection waits that the system cannot give, as when the process has no file descriptor left. */
    public void notAccepted(Kind kind) {
        adder(notAccepted, kind).increment();
    }

    /** How often a connection could not be accepted; one that waits is tried again, and counted each time. */
    public long notAcceptedCount(Kind kind) {
        return adder(notAccepted, kind).sum();
    }

    /** All that were ever opened. */
    public long opened(Kind kind) {
        return adder(opened, kind).sum();
    }

    public long closed(Kind kind, CloseCause cause) {
        return adder(adder(closed, kind), cause).sum();
    }

    /** Open now, within what changes while it is counted. */
    public long open(Kind kind) {
        long ended = adder(closed, kind).values().stream().mapToLong(LongAdder::sum).sum();
        return Math.max(0, opened(kind) - ended);
    }

    private static <K extends Enum<K>, V> V adder(Map<K, V> all, K key) {
        V value = all.get(key);
        if (value == null) {
            throw new IllegalStateException(key + " is not counted");
        }
        return value;
    }
}
