package dev.meshctl.gateway.relay;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The open relays that are there for as long as their route is: to linked clusters, and to exported services. They outlive a
 * change of addresses, and a control plane that is away, since both leave the route where it is.
 */
final class Relays {
    private final Map<RelayConnection, Route> open = new ConcurrentHashMap<>();
    private final Supplier<RouteTable> routes;

    Relays(Supplier<RouteTable> routes) {
        this.routes = routes;
    }

    /** Keeps a relay in mind until it has ended. */
    void add(RelayConnection relay, Route route) {
        open.put(relay, route);
        relay.whenOver(() -> open.remove(relay));
        // The table that the route is from may have been replaced, and the others been reviewed, in between.
        cutIfWithdrawn(routes.get(), relay, route);
    }

    /** Ends those whose route is not in the present table; to be called when that has changed. */
    void review() {
        RouteTable now = routes.get();
        open.forEach((relay, route) -> cutIfWithdrawn(now, relay, route));
    }

    private static void cutIfWithdrawn(RouteTable table, RelayConnection relay, Route route) {
        table.withdrawn(route).ifPresent(relay::cut);
    }
}
