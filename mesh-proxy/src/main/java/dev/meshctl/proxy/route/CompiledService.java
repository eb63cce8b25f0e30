package dev.meshctl.proxy.route;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.ConsumerRoutes;
import dev.meshctl.api.proto.config.Port;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.config.Service;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A {@code Service} resource in the form that requests are routed by. Immutable; safe for all threads. */
public final class CompiledService {
    private static final ConnectionTable NONE = new ConnectionTable(List.of());

    private final String host;
    private final ServiceName name;
    private final Map<Integer, Protocol> ports;
    private final List<CompiledRoute> routes;
    /** The route of ports that no route is for. */
    private final CompiledRoute everything;
    private final List<CompiledConnection> connections;
    /** Of the ports that connection routes name; the others have the table of 0. */
    private final Map<Integer, ConnectionTable> tables;
    /** By the namespace of the caller. */
    private final Map<String, CompiledService> consumers;
    private final ServicePolicy policy;
    private final Set<String> versions;
    private final List<InetAddress> vips;

    private CompiledService(Service wire, ServiceName name, Map<Integer, Protocol> ports, List<CompiledRoute> routes,
            List<CompiledConnection> connections, Map<String, CompiledService> consumers, List<InetAddress> vips)
            throws InvalidConfig {
        this.host = wire.getHost();
        this.name = name;
        this.ports = Map.copyOf(ports);
        this.routes = List.copyOf(routes);
        this.everything = CompiledRoute.everything();
        this.connections = List.copyOf(connections);
        this.tables = tables(connections);
        this.consumers = Map.copyOf(consumers);
        this.policy = ServicePolicy.of(wire.getPolicy());
        this.versions = Set.copyOf(wire.getVersionsList());
        this.vips = List.copyOf(vips);
    }

    /**
     * Reads the wire form once: expressions are compiled, defaults put in.
     *
     * @throws InvalidConfig names the wrong field and why
     */
    public static CompiledService compile(Service wire) throws InvalidConfig {
        ServiceName name = name(wire);
        List<CompiledRoute> routes = new ArrayList<>();
        for (int i = 0; i < wire.getHttpRoutesCount(); i++) {
            try {
                routes.add(CompiledRoute.compile(wire.getHttpRoutes(i), wire.getNamespace()));
            } catch (InvalidConfig e) {
                throw e.within("http_routes[" + i + "] \"" + wire.getHttpRoutes(i).getId() + "\"");
            }
        }
        return new CompiledService(wire, name, ports(wire), routes, connections(wire), consumers(wire), vips(wire));
    }

    private static Map<String, CompiledService> consumers(Service wire) throws InvalidConfig {
        Map<String, CompiledService> consumers = new HashMap<>();
        for (ConsumerRoutes consumer : wire.getConsumersList()) {
            try {
                consumers.put(consumer.getNamespace(), compile(wire.toBuilder().clearConsumers()
                        .clearHttpRoutes().addAllHttpRoutes(consumer.getHttpRoutesList())
                        .clearConnectionRoutes().addAllConnectionRoutes(consumer.getConnectionRoutesList()).build()));
            } catch (InvalidConfig e) {
                throw e.within("consumers \"" + consumer.getNamespace() + "\"");
            }
        }
        return consumers;
    }

    private static List<CompiledConnection> connections(Service wire) throws InvalidConfig {
        List<CompiledConnection> connections = new ArrayList<>(wire.getConnectionRoutesCount());
        for (int i = 0; i < wire.getConnectionRoutesCount(); i++) {
            try {
                connections.add(CompiledConnection.compile(wire.getConnectionRoutes(i), wire.getNamespace()));
            } catch (InvalidConfig e) {
                throw e.within("connection_routes[" + i + "] \"" + wire.getConnectionRoutes(i).getId() + "\"");
            }
        }
        return connections;
    }

    private static Map<Integer, ConnectionTable> tables(List<CompiledConnection> connections) {
        Set<Integer> ports = new HashSet<>(Set.of(0));
        connections.forEach(route -> {
            ports.add(route.ports().only());
            ports.addAll(route.ports().not());
        });
        Map<Integer, ConnectionTable> tables = new HashMap<>();
        for (int port : ports) {
            List<CompiledConnection> there = connections.stream().filter(route -> route.ports().has(port)).toList();
            tables.put(port, there.isEmpty() ? NONE : new ConnectionTable(there));
        }
        return Map.copyOf(tables);
    }

    private static ServiceName name(Service wire) throws InvalidConfig {
        try {
            return new ServiceName(wire.getName(), wire.getNamespace());
        } catch (IllegalArgumentException e) {
            throw new InvalidConfig("name: " + e.getMessage());
        }
    }

    private static Map<Integer, Protocol> ports(Service wire) throws InvalidConfig {
        Map<Integer, Protocol> ports = new LinkedHashMap<>();
        for (Port port : wire.getPortsList()) {
            if (port.getNumber() < 1 || port.getNumber() > 65535) {
                throw new InvalidConfig("ports: " + Integer.toUnsignedString(port.getNumber()) + " must be 1 to 65535");
            }
            ports.put(port.getNumber(), port.getProtocol());
        }
        return ports;
    }

    private static List<InetAddress> vips(Service wire) throws InvalidConfig {
        List<InetAddress> vips = new ArrayList<>(wire.getVipsCount());
        for (String vip : wire.getVipsList()) {
            InetAddress address = NetUtil.createInetAddressFromIpAddressString(vip);
            if (address == null) {
                throw new InvalidConfig("vips: \"" + vip + "\" is no IP address");
            }
            vips.add(address);
        }
        return vips;
    }

    /** The virtual IPs that the host resolves to; empty if it has none. */
    public List<InetAddress> vips() {
        return vips;
    }

    /** The fully qualified host, also the name of the resource. */
    public String host() {
        return host;
    }

    public ServiceName name() {
        return name;
    }

    /** What a port speaks; {@code DETECT} if the service says nothing about it. */
    public Protocol protocol(int port) {
        return ports.getOrDefault(port, Protocol.DETECT);
    }

    /** Service ports with their protocols; empty if the service names none. */
    public Map<Integer, Protocol> ports() {
        return ports;
    }

    public Set<String> versions() {
        return versions;
    }

    public ServicePolicy policy() {
        return policy;
    }

    /** The service with the routes that calls from the namespace go by. */
    public CompiledService seenFrom(String namespace) {
        return consumers.getOrDefault(namespace, this);
    }

    /** Namespaces whose calls go by routes of their own, with these. */
    public Map<String, CompiledService> consumers() {
        return consumers;
    }

    /** What requests are compared with, in this order; without any, the one route of the service itself. */
    public List<CompiledRoute> routes() {
        return routes.isEmpty() ? List.of(everything) : routes;
    }

    /**
     * The first route that matches. On a port that no route of any kind is for, everything goes to the service: "When
     * no xRoute resources are defined, all traffic should implicitly work" (GEP-1294), for each port.
     */
    public Optional<RouteChoice> route(RouteRequest request) {
        for (CompiledRoute route : routes) {
            String prefix = route.match(request);
            if (prefix != null) {
                return Optional.of(new RouteChoice(route, prefix));
            }
        }
        return isRouted(request.port()) ? Optional.empty() : Optional.of(new RouteChoice(everything, "/"));
    }

    /** A route of any kind is for the port. */
    private boolean isRouted(int port) {
        return connections(port) != null || routes.stream().anyMatch(route -> route.isFor(port));
    }

    /** By which connections to the port go; null if no TLSRoute and no TCPRoute is for it. */
    public @Nullable ConnectionTable connections(int port) {
        ConnectionTable table = tables.getOrDefault(port, tables.getOrDefault(0, NONE));
        return table == NONE ? null : table;
    }

    /** All rules for connections. */
    public List<CompiledConnection> connections() {
        return connections;
    }
}
