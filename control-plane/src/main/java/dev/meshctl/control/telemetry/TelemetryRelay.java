package dev.meshctl.control.telemetry;

import dev.meshctl.api.proto.telemetry.TelemetryGrpc;
import dev.meshctl.api.proto.telemetry.Window;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Passes what proxies report to this replica on to all others: gates of shifts, tables and dashboards look at the whole
 * mesh then, whichever replica leads or is asked, and a change of the leader loses no history. Each window is sent once:
 * what does not arrive, or waits behind {@value #MAX_WAITING} others, is counted and left out.
 */
public final class TelemetryRelay implements AutoCloseable {
    static final int MAX_WAITING = 1024;
    /** Replicas that are told, at most. */
    static final int MAX_OTHERS = 32;

    private static final Duration DEADLINE = Duration.ofSeconds(3);

    private final Supplier<Set<HostPort>> others;
    private final Function<HostPort, ManagedChannel> connect;
    private final Counters counters;
    private final Duration deadline;
    private final Map<HostPort, Sender> senders = new ConcurrentHashMap<>();

    /**
     * @param others where they serve now
     * @param connect as this mesh's control plane, to nobody but this mesh's control plane
     */
    public TelemetryRelay(Supplier<Set<HostPort>> others, Function<HostPort, ManagedChannel> connect, Counters counters) {
        this(others, connect, counters, DEADLINE);
    }

    /** @param deadline for one window to arrive */
    TelemetryRelay(Supplier<Set<HostPort>> others, Function<HostPort, ManagedChannel> connect, Counters counters, Duration deadline) {
        this.others = others;
        this.connect = connect;
        this.counters = counters;
        this.deadline = deadline;
    }

    /** Looks which replicas there are; to be called every second or so. */
    public synchronized void look() {
        Set<HostPort> now = others.get();
        Set<HostPort> gone = new HashSet<>(senders.keySet());
        gone.removeAll(now);
        gone.forEach(address -> {
            Sender sender = senders.remove(address);
            if (sender != null) {
                sender.close();
            }
        });
        for (HostPort address : now) {
            if (senders.size() < MAX_OTHERS || senders.containsKey(address)) {
                senders.computeIfAbsent(address, Sender::new);
            } else {
                counters.increment("telemetry_replicas_over_limit");
            }
        }
    }

    /** Passes a window on. Does not block. */
    public void pass(Window window) {
        for (Sender sender : senders.values()) {
            if (!sender.waiting.offer(window)) {
                counters.increment("telemetry_not_passed_on");
            }
        }
    }

    private final class Sender implements AutoCloseable {
        private final BlockingQueue<Window> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
        private final ManagedChannel channel;
        private final Thread thread;

        Sender(HostPort address) {
            channel = connect.apply(address);
            thread = Thread.ofVirtual().name("telemetry-relay " + address).start(this::run);
        }

        private void run() {
            try {
                while (true) {
                    send(waiting.take());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void send(Window window) {
            try {
                channel.resetConnectBackoff();
                var unused = TelemetryGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS).push(window);
                counters.increment("telemetry_passed_on");
            } catch (RuntimeException e) {
                // Of whatever kind: without this thread the replica would hear nothing more, for as long as it is there.
                counters.increment("telemetry_not_passed_on");
            }
        }

        @Override
        public void close() {
            thread.interrupt();
            channel.shutdownNow();
        }
    }

    @Override
    public synchronized void close() {
        senders.values().forEach(Sender::close);
        senders.clear();
    }
}
