package dev.meshctl.control.shift;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.control.policy.RouteCompiler;
import dev.meshctl.control.store.WriteRefused;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A store in memory that can fail, and remembers in which order it was written to. */
final class MemoryShiftStore implements ShiftStore {
    private final Map<ResourceKey, TrafficShift> shifts = new TreeMap<>();
    private final Map<ResourceKey, Route> routes = new TreeMap<>();
    private int version;
    int routeWritesThatFail;
    /** What the store says to each write of a route; empty: it takes it. */
    String refusal = "";
    Set<String> running = Set.of("v1", "v2");
    /** What somebody else does just before; once. */
    Runnable beforeNextRouteWrite = () -> { };
    Runnable beforeNextStatusWrite = () -> { };
    int statusWritesThatFail;
    final List<String> writes = new ArrayList<>();

    void apply(TrafficShift shift) {
        TrafficShift old = shifts.get(shift.key());
        long generation = old == null ? 1 : old.metadata().generation() + 1;
        TrafficShift.Status status = old == null ? TrafficShift.Status.PENDING : old.status();
        shifts.put(shift.key(), shift.withStatus(status).withMetadata(stored(shift.metadata(), generation)));
    }

    void apply(Route route) {
        routes.put(route.key(), route.withMetadata(stored(route.metadata(), 1)));
    }

    void deleteShifts() {
        shifts.clear();
    }

    void deleteRoutes() {
        routes.clear();
    }

    TrafficShift shift(String name) {
        return shifts.values().stream().filter(s -> s.metadata().name().equals(name)).findFirst().orElseThrow();
    }

    /** Weights of a rule of the route of that name, of whichever kind, as {@code v1=90 v2=10}. */
    String weights(String route, int rule) {
        Route named = routes.values().stream().filter(r -> r.metadata().name().equals(route)).findFirst().orElseThrow();
        return String.join(" ", named.backendRefs().get(rule).stream()
                .map(ref -> ref.name() + "=" + ref.weight()).toList());
    }

    private Metadata stored(Metadata metadata, long generation) {
        return metadata.stored(String.valueOf(++version), generation, Instant.EPOCH);
    }

    @Override
    public List<TrafficShift> shifts() {
        return List.copyOf(shifts.values());
    }

    @Override
    public Optional<TrafficShift> update(TrafficShift shift) throws IOException {
        if (statusWritesThatFail > 0) {
            statusWritesThatFail--;
            throw new IOException("disk full");
        }
        Runnable meanwhile = beforeNextStatusWrite;
        beforeNextStatusWrite = () -> { };
        meanwhile.run();
        TrafficShift old = shifts.get(shift.key());
        if (old == null || !old.metadata().resourceVersion().equals(shift.metadata().resourceVersion())) {
            return Optional.empty();
        }
        TrafficShift next = shift.withMetadata(stored(shift.metadata(), old.metadata().generation()));
        shifts.put(next.key(), next);
        writes.add("status " + next.status().phase() + " " + next.status().weight() + (next.status().applied() ? " applied" : ""));
        return Optional.of(next);
    }

    @Override
    public Set<String> versions(ServiceName service) {
        return running;
    }

    @Override
    public List<Route> routes(ServiceName service) {
        return routes.values().stream().filter(route -> RouteCompiler.isFor(route, service)).toList();
    }

    @Override
    public Optional<HttpRoute> route(String namespace, String name) {
        return Optional.ofNullable((HttpRoute) routes.get(new ResourceKey("HTTPRoute", namespace, name)));
    }

    @Override
    public boolean putRoute(Route route) throws IOException {
        if (routeWritesThatFail > 0) {
            routeWritesThatFail--;
            throw new IOException("disk full");
        }
        if (!refusal.isEmpty()) {
            throw new WriteRefused(refusal, new IllegalStateException(refusal));
        }
        Runnable meanwhile = beforeNextRouteWrite;
        beforeNextRouteWrite = () -> { };
        meanwhile.run();
        Route old = routes.get(route.key());
        if (!Objects.equals(old == null ? "" : old.metadata().resourceVersion(), route.metadata().resourceVersion())) {
            return false;
        }
        apply(route);
        writes.add("route");
        return true;
    }
}
