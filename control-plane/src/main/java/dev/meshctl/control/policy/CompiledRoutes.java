package dev.meshctl.control.policy;

import dev.meshctl.api.proto.config.ConnectionRoute;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.api.resource.ParentRef;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The routes of one service as proxies get them, each list in the order in which they are tried.
 *
 * @param http for requests, of HTTPRoutes and GRPCRoutes; and of TCPRoutes, so that a client of the HTTP proxy, whose
 *     connection is not for one service alone, has the same shares for each request
 * @param connections for connections, of TLSRoutes and TCPRoutes
 */
public record CompiledRoutes(List<HttpRoute> http, List<ConnectionRoute> connections) {
    public static final CompiledRoutes NONE = new CompiledRoutes(List.of(), List.of());

    public CompiledRoutes {
        http = List.copyOf(http);
        connections = List.copyOf(connections);
    }

    public boolean isEmpty() {
        return http.isEmpty() && connections.isEmpty();
    }

    /**
     * These routes on the ports that they are for, and others on the rest: "If port is set, the implementation MUST associate
     * the route only with that port."
     */
    public CompiledRoutes before(CompiledRoutes others) {
        Set<Integer> taken = ports();
        if (taken.contains(ParentRef.ALL_PORTS)) {
            return this;
        }
        return new CompiledRoutes(
                Stream.concat(http.stream(), others.http.stream().flatMap(route -> without(route, taken))).toList(),
                Stream.concat(connections.stream(), others.connections.stream().flatMap(route -> without(route, taken))).toList());
    }

    private Set<Integer> ports() {
        Set<Integer> ports = new TreeSet<>();
        http.forEach(route -> matches(route).forEach(match -> ports.add(match.getPort())));
        connections.forEach(route -> ports.add(route.getPort()));
        return ports;
    }

    /** Without matches a route takes everything. */
    private static List<RouteMatch> matches(HttpRoute route) {
        return route.getMatchesCount() == 0 ? List.of(RouteMatch.getDefaultInstance()) : route.getMatchesList();
    }

    private static Stream<HttpRoute> without(HttpRoute route, Set<Integer> taken) {
        List<RouteMatch> rest = matches(route).stream().filter(match -> !taken.contains(match.getPort()))
                .map(match -> match.getPort() != ParentRef.ALL_PORTS ? match
                        : match.toBuilder().clearNotPorts().addAllNotPorts(union(match.getNotPortsList(), taken)).build())
                .toList();
        return rest.isEmpty() ? Stream.empty() : Stream.of(route.toBuilder().clearMatches().addAllMatches(rest).build());
    }

    private static Stream<ConnectionRoute> without(ConnectionRoute route, Set<Integer> taken) {
        if (route.getPort() == ParentRef.ALL_PORTS) {
            return Stream.of(route.toBuilder().clearNotPorts().addAllNotPorts(union(route.getNotPortsList(), taken)).build());
        }
        return taken.contains(route.getPort()) ? Stream.empty() : Stream.of(route);
    }

    private static Set<Integer> union(Collection<Integer> some, Collection<Integer> others) {
        Set<Integer> all = new TreeSet<>(some);
        all.addAll(others);
        return all;
    }
}
