package dev.meshctl.proxy.config;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.proxy.balance.EndpointSet;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.LiveService;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.route.InvalidConfig;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One host that is subscribed to. Written by the configuration loop alone; what the data path reads is
 * volatile.
 */
final class HostEntry implements LiveService {
    private static final int MAX_WAITERS = 1024;
    private static final long TOUCH_GRAIN_MS = 1000;

    private final MeshHost host;
    private final InstantSource clock;
    private final Discovered.Found found = new Discovered.Found(this);
    private final List<CompletableFuture<Discovered>> waiters = new ArrayList<>();

    private volatile @Nullable CompiledService service;
    private volatile EndpointSet endpoints;
    private volatile @Nullable Discovered answer;
    private volatile long lastUsedMs;
    private boolean endpointsKnown;
    private boolean fromDisk;
    private boolean gaveUp;

    HostEntry(MeshHost host, InstantSource clock) {
        this.host = host;
        this.clock = clock;
        this.endpoints = EndpointSet.empty(host.toString());
        this.lastUsedMs = clock.millis();
    }

    MeshHost host() {
        return host;
    }

    @Override
    public CompiledService service() {
        CompiledService compiled = service;
        if (compiled == null) {
            throw new IllegalStateException(host + " was handed out before it was known");
        }
        return compiled;
    }

    @Override
    public EndpointSet endpoints() {
        return endpoints;
    }

    @Override
    public void touch() {
        long now = clock.millis();
        // One write a second is enough; more would only move a cache line between the event loops.
        if (now - lastUsedMs >= TOUCH_GRAIN_MS) {
            lastUsedMs = now;
        }
    }

    /** Null while there is nothing to say yet. */
    @Nullable Discovered answer() {
        return answer;
    }

    long idleMs() {
        return clock.millis() - lastUsedMs;
    }

    boolean hasWaiters() {
        return !waiters.isEmpty();
    }

    /** True while what is in use was read from disk and not yet confirmed or replaced. */
    boolean fromDisk() {
        return fromDisk;
    }

    /** True if an answer was waited for in vain; who asks next need not wait for a control plane that is away. */
    boolean gaveUp() {
        return gaveUp;
    }

    boolean serviceKnown() {
        return service != null;
    }

    void await(CompletableFuture<Discovered> waiter) {
        if (waiters.size() >= MAX_WAITERS) {
            waiter.complete(new Discovered.Unavailable(MAX_WAITERS + " callers already wait for " + host));
            return;
        }
        waiters.add(waiter);
    }

    void take(Service wire) throws InvalidConfig {
        service = CompiledService.compile(wire);
        fromDisk = false;
        settle();
    }

    void take(Endpoints wire) throws InvalidConfig {
        // An update keeps what was seen of the endpoints that stay.
        endpoints = endpoints.update(wire);
        endpointsKnown = true;
        settle();
    }

    void takeFromDisk(Service wire, Endpoints endpointsWire) throws InvalidConfig {
        CompiledService compiled = CompiledService.compile(wire);
        endpoints = endpoints.update(endpointsWire);
        service = compiled;
        endpointsKnown = true;
        fromDisk = true;
        settle();
    }

    void serviceRemoved(List<String> nearest) {
        fromDisk = false;
        settle(new Discovered.NoSuchService(nearest));
    }

    void endpointsRemoved() {
        endpoints = EndpointSet.empty(host.toString());
        endpointsKnown = true;
        if (!(answer instanceof Discovered.NoSuchService)) {
            settle();
        }
    }

    /** The first configuration that came cannot be used; there is no other. */
    void rejected(String reason) {
        if (service == null) {
            settle(new Discovered.Unavailable(reason));
        }
    }

    /** Ends the waiting for a first answer. */
    void timedOut(String cause) {
        if (answer == null) {
            gaveUp = true;
            complete(new Discovered.Unavailable(cause));
        }
    }

    private void settle() {
        if (service != null && endpointsKnown) {
            settle(found);
        }
    }

    private void settle(Discovered known) {
        answer = known;
        complete(known);
    }

    private void complete(Discovered result) {
        List<CompletableFuture<Discovered>> all = List.copyOf(waiters);
        waiters.clear();
        all.forEach(waiter -> waiter.complete(result));
    }
}
