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
    private static final int ALL = ParentRef.ALL_PORTS;

    private final ServiceName service;
    private final Map<Integer, String> names;
    /** In the order of precedence. */
    private final Map<String, Set<Integer>> ports = new LinkedHashMap<>();

    private RouteTypes(ServiceName service, Map<Integer, String> names) {
        this.service = service;
        this.names = names;
        Kinds.ROUTES.forEach(kind -> ports.put(kind.name(), new TreeSet<>()));
    }

    /**
     * Looks at the routes of a service that are merged with each other.
     *
     * @param names of the ports of the service
     * @param routes of one namespace, for any services; those for others do not count
     */
    static RouteTypes of(ServiceName service, Map<Integer, String> names, Collection<? extends Route> routes) {
        RouteTypes types = new RouteTypes(service, names);
        for (Route route : routes) {
            RouteCompiler.parents(route, service)
                    .forEach(parent -> parent.port(names).ifPresent(types.attached(route)::add));
        }
        return types;
    }

    /** Looks at those of the routes that are merged with one, for one of its parents. */
    public static RouteTypes beside(Route route, ParentRef parent, Collection<? extends Route> all, ServiceCatalog catalog) {
        ServiceName service = route.service(parent);
        return of(service, catalog.portNames(service), all.stream()
                .filter(other -> other.metadata().namespace().equals(route.metadata().namespace())).toList());
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
     */
    public Optional<String> conflict(Route route, ParentRef parent) {
        OptionalInt attached = parent.port(names);
        if (attached.isEmpty()) {
            return Optional.empty(); // that it matches no port is said elsewhere
        }
        int port = attached.getAsInt();
        Optional<Scope> scope = scope(route, port);
        if (scope.isPresent() && (port != ALL || names.isEmpty() || !scope.get().not().containsAll(names.keySet()))) {
            return Optional.empty();
        }
        String others = String.join(" and ", Kinds.ROUTES.stream().map(Kind::name)
                .takeWhile(kind -> !kind.equals(route.kind())).filter(kind -> !ports.getOrDefault(kind, Set.of()).isEmpty()).toList());
        return Optional.of("%s of %s has a %s too, and only one kind takes effect: GRPCRoute before HTTPRoute, TLSRoute, TCPRoute"
                .formatted(port == ALL ? "each port" : "port " + port, service, others));
    }
}
