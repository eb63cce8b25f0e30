package dev.meshctl.control.policy;

import dev.meshctl.api.name.HostScope;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.KeyMatch;
import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.api.resource.HttpRoute;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Compiles the HTTPRoutes of one service into the order in which a proxy tries them. Never fails: what
 * names something that does not exist is refused when it is applied, and what has gone since is
 * answered with 503 by the proxy, for its share.
 */
public final class RouteCompiler {
    private RouteCompiler() {}

    /** True if the route has the service as a parent. Only routes of the service's own namespace may. */
    public static boolean isFor(HttpRoute route, ServiceName service) {
        return parents(route, service).findAny().isPresent();
    }

    private static Stream<HttpRoute.ParentRef> parents(HttpRoute route, ServiceName service) {
        String own = route.metadata().namespace();
        return own.equals(service.namespace())
                ? route.spec().parentRefs().stream().filter(parent -> parent.name().equals(service.name())
                        && (parent.namespace().isEmpty() || parent.namespace().equals(own)))
                : Stream.empty();
    }

    /**
     * Compiles those of the routes that are for the service: one entry for each match of each rule, most
     * specific first, as the Gateway API orders them. Equal routes have equal bytes.
     */
    public static List<dev.meshctl.api.proto.config.HttpRoute> compile(ServiceName service, Collection<HttpRoute> routes) {
        return routes.stream()
                .flatMap(route -> parents(route, service).mapToInt(p -> p.port().orElse(0)).distinct().boxed()
                        .flatMap(port -> matches(route, port)))
                .sorted(RouteOrder.PRECEDENCE)
                .map(order -> compile(service, order))
                .toList();
    }

    private static Stream<RouteOrder> matches(HttpRoute route, int port) {
        return IntStream.range(0, route.spec().rules().size()).boxed().flatMap(index -> {
            List<HttpRoute.Match> matches = route.spec().rules().get(index).matches();
            Stream<Optional<HttpRoute.Match>> each = matches.isEmpty()
                    ? Stream.of(Optional.empty()) : matches.stream().map(Optional::of);
            return each.map(match -> new RouteOrder(route, index, match, port));
        });
    }

    private static dev.meshctl.api.proto.config.HttpRoute compile(ServiceName service, RouteOrder order) {
        dev.meshctl.api.proto.config.HttpRoute.Builder message = dev.meshctl.api.proto.config.HttpRoute.newBuilder()
                .setId(order.id())
                .addAllBackends(backends(service, order));
        RouteMatch match = match(order);
        if (!match.equals(RouteMatch.getDefaultInstance())) {
            message.addMatches(match);
        }
        HttpRoute.Rule rule = order.rule();
        rule.timeouts().request().ifPresent(d -> message.setRequestTimeoutMs(TrafficPolicyCompiler.millis(d)));
        rule.timeouts().backendRequest().ifPresent(d -> message.setBackendTimeoutMs(TrafficPolicyCompiler.millis(d)));
        rule.retry().ifPresent(retry -> message.setRetry(TrafficPolicyCompiler.retry(retry)));
        rule.filters().forEach(filter -> Filters.apply(filter, message));
        return message.build();
    }

    private static RouteMatch match(RouteOrder order) {
        RouteMatch.Builder message = RouteMatch.newBuilder().setPort(order.port());
        order.match().ifPresent(match -> {
            match.path().ifPresent(path -> path(path, message));
            message.setMethod(match.method());
            match.headers().forEach(h -> message.addHeaders(key(h.name(), h.value(), h.type())));
            match.queryParams().forEach(q -> message.addQueryParams(key(q.name(), q.value(), q.type())));
        });
        return message.build();
    }

    private static void path(HttpRoute.PathMatch path, RouteMatch.Builder message) {
        switch (path.type()) {
            case EXACT -> message.setPathExact(path.value());
            case PATH_PREFIX -> message.setPathPrefix(path.value());
            case REGULAR_EXPRESSION -> message.setPathRegex(path.value());
        }
    }

    private static KeyMatch key(String name, String value, HttpRoute.ValueMatchType type) {
        return KeyMatch.newBuilder()
                .setName(name)
                .setValue(value)
                .setRegex(type == HttpRoute.ValueMatchType.REGULAR_EXPRESSION)
                .build();
    }

    /** None if all weights are zero, which the proxy answers with 500 as the Gateway API asks. */
    private static List<Backend> backends(ServiceName service, RouteOrder order) {
        return order.rule().backendRefs().stream()
                .filter(ref -> ref.weight() > 0)
                .map(ref -> backend(service, order.route(), ref))
                .toList();
    }

    private static Backend backend(ServiceName service, HttpRoute route, HttpRoute.BackendRef ref) {
        Backend.Builder backend = Backend.newBuilder().setWeight(ref.weight()).setPort(ref.port().orElse(0));
        if (ref.isVersion()) {
            return backend.setVersion(ref.name()).build();
        }
        ServiceName target = target(route, ref);
        HostScope scope = ref.isImport() ? HostScope.CLUSTER_SET : HostScope.LOCAL;
        return target.equals(service) && !ref.isImport() ? backend.build()
                : backend.setHost(target.in(scope).toString()).build();
    }

    static ServiceName target(HttpRoute route, HttpRoute.BackendRef ref) {
        return new ServiceName(ref.name(), ref.namespace().isEmpty() ? route.metadata().namespace() : ref.namespace());
    }
}
