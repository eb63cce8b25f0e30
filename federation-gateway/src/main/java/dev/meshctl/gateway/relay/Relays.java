package dev.meshctl.gateway.relay;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * The open relays that are there for as long as their route is: to linked clusters, and to exported services. They outlive a
 * change of addresses, and a control plane that is away, since both leave the route where it is.
 */
final class Relays {
    private final Map<RelayConnection, Kept> open = new ConcurrentHashMap<>();
    private final Supplier<RouteTable> routes;
    private final Duration grace;

    /** @param awaited whether the end of its grace is waited for */
    private record Kept(Route route, AtomicBoolean awaited) {}

    /** @param grace for how long a relay goes on without a route; one that comes back by then is as if it had not been away */
    Relays(Supplier<RouteTable> routes, Duration grace) {
        this.routes = routes;
        this.grace = grace;
    }

    /** Keeps a relay in mind until it has ended. */
    void add(RelayConnection relay, Route route) {
        Kept kept = new Kept(route, new AtomicBoolean());
        open.put(relay, kept);
        relay.whenOver(() -> open.remove(relay));
        // The table that the route is from may have been replaced, and the others been reviewed, in between.
        review(routes.get(), relay, kept);
    }

    /** Ends those whose route is not in the present table; to be called when that has changed. */
    void review() {
        RouteTable now = routes.get();
        open.forEach((relay, kept) -> review(now, relay, kept));
    }

    private void review(RouteTable table, RelayConnection relay, Kept kept) {
        if (table.withdrawn(kept.route).isPresent() && kept.awaited.compareAndSet(false, true)) {
            relay.later(grace, () -> {
                kept.awaited.set(false);
                routes.get().withdrawn(kept.route).ifPresent(relay::cut);
            });
        }
    }
}
