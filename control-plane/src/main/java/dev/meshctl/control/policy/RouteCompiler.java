package dev.meshctl.control.policy;

import dev.meshctl.api.name.HostScope;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.ConnectionRoute;
import dev.meshctl.api.proto.config.KeyMatch;
import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.api.resource.BackendRef;
import dev.meshctl.api.resource.GrpcRoute;
import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.ParentRef;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.TcpRoute;
import dev.meshctl.api.resource.TlsRoute;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Compiles the routes of one service into the order in which a proxy tries them. Never fails: what
 * names something that does not exist is refused when it is applied, and what has gone since is
 * answered with 503 by the proxy, for its share.
 */
public final class RouteCompiler {
    private final ServiceName service;
    private final Map<Integer, String> ports;
    /** Those of one namespace: routes of the producer and of each consumer are not merged with each other. */
    private final List<? extends Route> routes;
    private final RouteTypes types;

    private RouteCompiler(ServiceName service, String namespace, Map<Integer, String> ports, Collection<? extends Route> routes) {
        this.service = service;
        this.ports = ports;
        this.routes = routes.stream().filter(route -> route.metadata().namespace().equals(namespace)).toList();
        this.types = RouteTypes.of(service, ports, this.routes);
    }

    /** True if the route is one of the service's producer, for all its callers: one of its own namespace. */
    public static boolean isFor(Route route, ServiceName service) {
        return route.metadata().namespace().equals(service.namespace()) && parents(route, service).findAny().isPresent();
    }

    static Stream<ParentRef> parents(Route route, ServiceName service) {
        return route.parentRefs().stream().filter(parent -> route.service(parent).equals(service));
    }

    /**
     * Compiles those of the routes that are of the service's producer: one entry for each match of each rule, most specific
     * first, as the Gateway API orders them. Equal routes have equal bytes.
     *
     * @param ports of the service with their names
     */
    public static CompiledRoutes compile(ServiceName service, Map<Integer, String> ports, Collection<? extends Route> routes) {
        return new RouteCompiler(service, service.namespace(), ports, routes).compile();
    }

    /**
     * Compiles those of the routes that are of consumers of the service, by their namespace: "Requests from a namespace with
     * consumer routes will utilize the (possibly merged) set of routes in the consumer namespace".
     *
     * @param ports of the service with their names
     * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-1294/#multiple-routes-for-a-service">GEP-1294</a>
     */
    public static SortedMap<String, CompiledRoutes> consumers(
            ServiceName service, Map<Integer, String> ports, Collection<? extends Route> routes) {
        TreeMap<String, CompiledRoutes> consumers = new TreeMap<>();
        routes.stream().filter(route -> parents(route, service).findAny().isPresent())
                .map(route -> route.metadata().namespace()).filter(namespace -> !namespace.equals(service.namespace())).distinct()
                .forEach(namespace -> consumers.put(namespace, new RouteCompiler(service, namespace, ports, routes).compile()));
        consumers.values().removeIf(CompiledRoutes::isEmpty);
        return consumers;
    }

    private CompiledRoutes compile() {
        List<Attached<TcpRoute>> tcp = attached(TcpRoute.class).sorted(Attached.PRECEDENCE).toList();
        List<ConnectionRoute> connections = Stream.concat(
                attached(TlsRoute.class).sorted(Attached.PRECEDENCE).map(this::tls), tcp.stream().map(this::tcp)).toList();
        Stream<dev.meshctl.api.proto.config.HttpRoute> grpc = attached(GrpcRoute.class).flatMap(GrpcOrder::of)
                .sorted(GrpcOrder.PRECEDENCE).map(this::compile);
        Stream<dev.meshctl.api.proto.config.HttpRoute> http = attached(HttpRoute.class).flatMap(RouteCompiler::matches)
                .sorted(RouteOrder.PRECEDENCE).map(this::compile);
        return new CompiledRoutes(
                Stream.of(grpc, http, tcp.stream().map(this::requests)).flatMap(each -> each).toList(), connections);
    }

    /** Each attachment to the service, one for each port, that takes effect. */
    private <R extends Route> Stream<Attached<R>> attached(Class<R> type) {
        return routes.stream().filter(type::isInstance).map(type::cast)
                .flatMap(route -> parents(route, service).flatMapToInt(p -> p.port(ports).stream()).distinct().boxed()
                        .flatMap(port -> types.scope(route, port).stream()).map(scope -> new Attached<>(route, scope)));
    }

    private static Stream<RouteOrder> matches(Attached<HttpRoute> attached) {
        HttpRoute route = attached.route();
        return IntStream.range(0, route.spec().rules().size()).boxed().flatMap(index -> {
            List<HttpRoute.Match> matches = route.spec().rules().get(index).matches();
            Stream<Optional<HttpRoute.Match>> each = matches.isEmpty()
                    ? Stream.of(Optional.empty()) : matches.stream().map(Optional::of);
            return each.map(match -> new RouteOrder(attached, index, match));
        });
    }

    private dev.meshctl.api.proto.config.HttpRoute compile(RouteOrder order) {
        dev.meshctl.api.proto.config.HttpRoute.Builder message =
                requests(order.attached(), order.ruleIndex(), match(order));
        HttpRoute.Rule rule = order.rule();
        rule.timeouts().request().ifPresent(d -> message.setRequestTimeoutMs(TrafficPolicyCompiler.millis(d)));
        rule.timeouts().backendRequest().ifPresent(d -> message.setBackendTimeoutMs(TrafficPolicyCompiler.millis(d)));
        rule.retry().ifPresent(retry -> message.setRetry(TrafficPolicyCompiler.retry(retry)));
        rule.filters().forEach(filter -> Filters.apply(filter, message));
        return message.build();
    }

    private dev.meshctl.api.proto.config.HttpRoute compile(GrpcOrder order) {
        dev.meshctl.api.proto.config.HttpRoute.Builder message =
                requests(order.attached(), order.ruleIndex(), order.wire());
        order.rule().filters().forEach(filter -> Filters.apply(filter, message));
        return message.build();
    }

    private dev.meshctl.api.proto.config.HttpRoute requests(Attached<TcpRoute> attached) {
        return requests(attached, 0, RouteMatch.newBuilder()).build();
    }

    private dev.meshctl.api.proto.config.HttpRoute.Builder requests(Attached<?> attached, int rule, RouteMatch.Builder match) {
        dev.meshctl.api.proto.config.HttpRoute.Builder message = dev.meshctl.api.proto.config.HttpRoute.newBuilder()
                .setId(attached.id(rule))
                .addAllBackends(backends(attached.route(), rule));
        RouteMatch scoped = match.setPort(attached.scope().port()).addAllNotPorts(attached.scope().not()).build();
        return scoped.equals(RouteMatch.getDefaultInstance()) ? message : message.addMatches(scoped);
    }

    private ConnectionRoute tls(Attached<TlsRoute> attached) {
        return connections(attached).setTls(true).addAllServerNames(attached.route().spec().hostnames()).build();
    }

    private ConnectionRoute tcp(Attached<TcpRoute> attached) {
        return connections(attached).build();
    }

    /** Rules of connections have no conditions: the first one takes them all. */
    private ConnectionRoute.Builder connections(Attached<?> attached) {
        return ConnectionRoute.newBuilder()
                .setId(attached.id(0))
                .setPort(attached.scope().port())
                .addAllNotPorts(attached.scope().not())
                .addAllBackends(backends(attached.route(), 0));
    }

    private static RouteMatch.Builder match(RouteOrder order) {
        RouteMatch.Builder message = RouteMatch.newBuilder();
        order.match().ifPresent(match -> {
            match.path().ifPresent(path -> path(path, message));
            message.setMethod(match.method());
            match.headers().forEach(h -> message.addHeaders(key(h.name(), h.value(), h.type())));
            match.queryParams().forEach(q -> message.addQueryParams(key(q.name(), q.value(), q.type())));
        });
        return message;
    }

    private static void path(HttpRoute.PathMatch path, RouteMatch.Builder message) {
        switch (path.type()) {
            case EXACT -> message.setPathExact(path.value());
            case PATH_PREFIX -> message.setPathPrefix(path.value());
            case REGULAR_EXPRESSION -> message.setPathRegex(path.value());
        }
    }

    static KeyMatch key(String name, String value, HttpRoute.ValueMatchType type) {
        return KeyMatch.newBuilder()
                .setName(name)
                .setValue(value)
                .setRegex(type == HttpRoute.ValueMatchType.REGULAR_EXPRESSION)
                .build();
    }

    /** None if all weights are zero; the proxy answers as the Gateway API asks. */
    private List<Backend> backends(Route route, int rule) {
        return route.backendRefs().get(rule).stream()
                .filter(ref -> ref.weight() > 0)
                .map(ref -> backend(route, ref))
                .toList();
    }

    private Backend backend(Route route, BackendRef ref) {
        Backend.Builder backend = Backend.newBuilder().setWeight(ref.weight()).setPort(ref.port().orElse(0));
        if (ref.isVersion()) {
            return backend.setVersion(ref.name()).build();
        }
        ServiceName target = target(route, ref);
        HostScope scope = ref.isImport() ? HostScope.CLUSTER_SET : HostScope.LOCAL;
        return target.equals(service) && !ref.isImport() ? backend.build()
                : backend.setHost(target.in(scope).toString()).build();
    }

    static ServiceName target(Route route, BackendRef ref) {
        return new ServiceName(ref.name(), ref.namespace().isEmpty() ? route.metadata().namespace() : ref.namespace());
    }
}
