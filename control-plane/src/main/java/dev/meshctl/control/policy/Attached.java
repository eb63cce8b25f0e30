package dev.meshctl.control.policy;

import dev.meshctl.api.resource.Route;
import java.time.Instant;
import java.util.Comparator;

/** A route and the ports of the service on which it takes effect. */
record Attached<R extends Route>(R route, RouteTypes.Scope scope) {
    /**
     * Between routes that are equally specific: "The oldest Route based on creation timestamp", then "The Route appearing
     * first in alphabetical order by {namespace}/{name}". One for a port is more specific than one for all.
     */
    static final Comparator<Attached<?>> PRECEDENCE = Comparator.<Attached<?>, Boolean>comparing(Attached::bound).reversed()
            .thenComparing(Attached::created)
            .thenComparing(attached -> attached.route().key());

    /** As answers and metrics name it. */
    String id(int rule) {
        return route.metadata().namespace() + "/" + route.metadata().name() + "/" + rule;
    }

    private boolean bound() {
        return scope.port() != 0;
    }

    /** A route that the store has not seen yet is the youngest. */
    private Instant created() {
        return route.metadata().creationTimestamp().orElse(Instant.MAX);
    }
}
