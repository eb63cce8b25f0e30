package dev.meshctl.proxy.config;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Address;
import dev.meshctl.api.proto.config.AddressedWorkload;
import dev.meshctl.api.proto.config.PortMapping;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.AppPort;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One address that is subscribed to. Written by the configuration loop alone; what the data path reads is volatile.
 */
final class AddressEntry {
    private static final int MAX_WAITERS = 1024;
    private static final int MAX_PORTS = 256;
    private static final int MAX_SERVICES = 64;
    private static final long TOUCH_GRAIN_MS = 1000;

    private final String name;
    private final InstantSource clock;
    private final List<CompletableFuture<Addressed>> waiters = new ArrayList<>();
    private final List<Consumer<Addressed>> watchers = new ArrayList<>();
    private volatile @Nullable Addressed answer;
    private volatile long lastUsedMs;
    private boolean gaveUp;

    AddressEntry(String name, InstantSource clock) {
        this.name = name;
        this.clock = clock;
        this.lastUsedMs = clock.millis();
    }

    /**
     * What a resource says.
     *
     * @throws IllegalArgumentException names the field that is wrong
     */
    static Addressed read(Address wire) {
        if (!wire.getHost().isEmpty()) {
            MeshHost host = MeshHost.parse(wire.getHost(), "default")
                    .filter(parsed -> parsed.toString().equals(wire.getHost()))
                    .orElseThrow(() -> new IllegalArgumentException("host: \"" + wire.getHost() + "\" is no full host name"));
            return new Addressed.VirtualIp(host);
        }
        if (!wire.hasWorkload()) {
            return new Addressed.Outside();
        }
        if (wire.getOthersCount() >= MAX_SERVICES) {
            throw new IllegalArgumentException("others: at most " + (MAX_SERVICES - 1));
        }
        List<Addressed.Behind> services = new ArrayList<>();
        services.add(behind(wire.getWorkload()));
        wire.getOthersList().forEach(other -> services.add(behind(other)));
        return new Addressed.AtWorkload(wire.getWorkload().getId(), services);
    }

    private static Addressed.Behind behind(AddressedWorkload workload) {
        return new Addressed.Behind(new ServiceName(workload.getService(), workload.getNamespace()),
                workload.getVersion(), ports(workload.getPortsList()));
    }

    private static Map<Integer, AppPort> ports(List<PortMapping> wire) {
        if (wire.size() > MAX_PORTS) {
            throw new IllegalArgumentException("workload.ports: at most " + MAX_PORTS);
        }
        Map<Integer, AppPort> ports = new LinkedHashMap<>();
        wire.forEach(port -> ports.put(
                port.getServicePort(), new AppPort(port.getServicePort(), port.getAppPort(), port.getProtocol())));
        return ports;
    }

    String name() {
        return name;
    }

    /** Null while there is nothing to say yet. */
    @Nullable Addressed answer() {
        return answer;
    }

    void touch() {
        long now = clock.millis();
        // One write a second is enough; more would only move a cache line between the event loops.
        if (now - lastUsedMs >= TOUCH_GRAIN_MS) {
            lastUsedMs = now;
        }
    }

    long idleMs() {
        return clock.millis() - lastUsedMs;
    }

    boolean hasWaiters() {
        return !waiters.isEmpty();
    }

    boolean inUse() {
        return hasWaiters() || !watchers.isEmpty();
    }

    /** True if an answer was waited for in vain; who asks next need not wait for a control plane that is away. */
    boolean gaveUp() {
        return gaveUp;
    }

    void await(CompletableFuture<Addressed> waiter) {
        if (waiters.size() >= MAX_WAITERS) {
            waiter.complete(new Addressed.Unavailable(MAX_WAITERS + " callers already wait for " + name));
            return;
        }
        waiters.add(waiter);
    }

    void watch(Consumer<Addressed> watcher) {
        watchers.add(watcher);
        Addressed known = answer;
        if (known != null) {
            watcher.accept(known);
        }
    }

    void take(Addressed next) {
        boolean changed = !next.equals(answer);
        answer = next;
        complete(next);
        if (changed) {
            List.copyOf(watchers).forEach(watcher -> watcher.accept(next));
        }
    }

    /** Ends the waiting for a first answer. */
    void timedOut(String cause) {
        if (answer == null) {
            gaveUp = true;
            complete(new Addressed.Unavailable(cause));
        }
    }

    private void complete(Addressed result) {
        List<CompletableFuture<Addressed>> all = List.copyOf(waiters);
        waiters.clear();
        all.forEach(waiter -> waiter.complete(result));
    }
}
