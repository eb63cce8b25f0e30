package dev.meshctl.proxy.route;

import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.proxy.resilience.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One rule of an HTTPRoute or a GRPCRoute. Immutable. Timeouts are zero where there is none. */
public final class CompiledRoute {
    private final String id;
    private final List<CompiledMatch> matches;
    private final WeightedBackends backends;
    private final Duration requestTimeout;
    private final Duration backendTimeout;
    private final @Nullable RetryPolicy retry;
    private final HeaderEdits requestEdits;
    private final HeaderEdits responseEdits;
    private final RouteFilter filter;

    private CompiledRoute(HttpRoute wire, List<CompiledMatch> matches, WeightedBackends backends)
            throws InvalidConfig {
        this.id = wire.getId();
        this.matches = matches;
        this.backends = backends;
        this.requestTimeout = Duration.ofMillis(Integer.toUnsignedLong(wire.getRequestTimeoutMs()));
        this.backendTimeout = Duration.ofMillis(Integer.toUnsignedLong(wire.getBackendTimeoutMs()));
        this.retry = wire.hasRetry() ? RetryPolicy.of(wire.getRetry()) : null;
        this.requestEdits = edits("request_header_edits", wire.getRequestHeaderEditsList());
        this.responseEdits = edits("response_header_edits", wire.getResponseHeaderEditsList());
        this.filter = RouteFilter.compile(wire);
    }

    /** The route of a service without HTTPRoutes: every endpoint. */
    static CompiledRoute everything() throws InvalidConfig {
        return new CompiledRoute(HttpRoute.getDefaultInstance(), List.of(CompiledMatch.EVERYTHING),
                new WeightedBackends(List.of(CompiledBackend.SERVICE)));
    }

    static CompiledRoute compile(HttpRoute wire, String namespace) throws InvalidConfig {
        List<CompiledMatch> matches = new ArrayList<>();
        for (int i = 0; i < wire.getMatchesCount(); i++) {
            try {
                matches.add(CompiledMatch.compile(wire.getMatches(i)));
            } catch (InvalidConfig e) {
                throw e.within("matches[" + i + "]");
            }
        }
        return new CompiledRoute(wire, matches.isEmpty() ? List.of(CompiledMatch.EVERYTHING) : List.copyOf(matches),
                WeightedBackends.compile(wire.getBackendsList(), namespace));
    }

    private static HeaderEdits edits(String field, List<dev.meshctl.api.proto.config.HeaderEdit> wire)
            throws InvalidConfig {
        try {
            return HeaderEdits.compile(wire);
        } catch (InvalidConfig e) {
            throw e.within(field);
        }
    }

    /** True if the route is for this port, whatever else it asks for. */
    boolean isFor(int port) {
        for (CompiledMatch match : matches) {
            if (match.ports().has(port)) {
                return true;
            }
        }
        return false;
    }

    /** The path prefix that matched ("/" if the match is of another kind), or null if the route does not match. */
    @Nullable String match(RouteRequest request) {
        for (CompiledMatch match : matches) {
            if (match.matches(request)) {
                return match.pathPrefix().isEmpty() ? "/" : match.pathPrefix();
            }
        }
        return null;
    }

    /** A backend by weight; null if there are none, or none with a weight. */
    public @Nullable CompiledBackend pick(RandomGenerator random) {
        return backends.pick(random);
    }

    public String id() {
        return id;
    }

    public List<CompiledBackend> backends() {
        return backends.all();
    }

    public Duration requestTimeout() {
        return requestTimeout;
    }

    public Duration backendTimeout() {
        return backendTimeout;
    }

    /** Null: the service's default. */
    public @Nullable RetryPolicy retry() {
        return retry;
    }

    public HeaderEdits requestEdits() {
        return requestEdits;
    }

    public HeaderEdits responseEdits() {
        return responseEdits;
    }

    public RouteFilter filter() {
        return filter;
    }
}
