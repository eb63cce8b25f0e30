package dev.meshctl.control.policy;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.ParentRef;
import dev.meshctl.api.resource.Route;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which kinds of routes are attached to which ports of one service. "If multiple routes with different types both bind
 * to the same Service and Port pair, only a single route type should be applied. The rejected routes should be ignored
 * and have the RouteConditionAccepted status set to the (new) reason RouteReasonConflicted." The kind that comes first in
 * {@link Kinds#ROUTES} is applied, whatever the age of the routes is.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-1294/#route-types">GEP-1294, Route types</a>
 */
public final class RouteTypes {
    /** Stands for all ports. */
    private static final int ALL = 0;

    private final ServiceName service;
    /** In the order of precedence. */
    private final Map<String, Set<Integer>> ports = new LinkedHashMap<>();

    private RouteTypes(ServiceName service) {
        this.service = service;
        Kinds.ROUTES.forEach(kind -> ports.put(kind.name(), new TreeSet<>()));
    }

    /** @param routes of any services; those of others do not count */
    public static RouteTypes of(ServiceName service, Collection<? extends Route> routes) {
        RouteTypes types = new RouteTypes(service);
        for (Route route : routes) {
            RouteCompiler.parents(route, service).forEach(parent -> types.attached(route).add(parent.port().orElse(ALL)));
        }
        return types;
    }

    private Set<Integer> attached(Route route) {
        return ports.getOrDefault(route.kind(), Set.of());
    }

    /**
     * The ports of one attachment on which its route takes effect.
     *
     * @param port 0: all but {@code not}
     */
    record Scope(int port, Set<Integer> not) {}

    /** Empty if another kind takes effect on all of them. */
    Optional<Scope> scope(Route route, int port) {
        Set<Integer> not = new TreeSet<>();
        for (Map.Entry<String, Set<Integer>> other : ports.entrySet()) {
            if (other.getKey().equals(route.kind())) {
                break;
            }
            if (other.getValue().contains(ALL) || (port != ALL && other.getValue().contains(port))) {
                return Optional.empty();
            }
            not.addAll(port == ALL ? other.getValue() : Set.of());
        }
        return Optional.of(new Scope(port, not));
    }

    /**
     * Why the route takes no effect on the parent; empty if it does, on one of its ports at least: "an attachment is
     * considered successful as long as the parent resource accepts it partially".
     *
     * @param known ports of the service; empty: not known
     */
    public Optional<String> conflict(Route route, ParentRef parent, Set<Integer> known) {
        OptionalInt port = parent.port();
        Optional<Scope> scope = scope(route, port.orElse(ALL));
        if (scope.isPresent() && (port.isPresent() || known.isEmpty() || !scope.get().not().containsAll(known))) {
            return Optional.empty();
        }
        String others = String.join(" and ", Kinds.ROUTES.stream().map(Kind::name)
                .takeWhile(kind -> !kind.equals(route.kind())).filter(kind -> !ports.getOrDefault(kind, Set.of()).isEmpty()).toList());
        return Optional.of("%s of %s has a %s too, and only one kind takes effect: GRPCRoute before HTTPRoute, TLSRoute, TCPRoute"
                .formatted(port.isPresent() ? "port " + port.getAsInt() : "each port", service, others));
    }
}
