package dev.meshctl.proxy.route;

import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.proxy.resilience.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One rule of an HTTPRoute. Immutable. Timeouts are zero where there is none. */
public final class CompiledRoute {
    private final String id;
    private final List<CompiledMatch> matches;
    private final List<CompiledBackend> backends;
    private final long totalWeight;
    private final Duration requestTimeout;
    private final Duration backendTimeout;
    private final @Nullable RetryPolicy retry;
    private final HeaderEdits requestEdits;
    private final HeaderEdits responseEdits;
    private final RouteFilter filter;

    private CompiledRoute(HttpRoute wire, List<CompiledMatch> matches, List<CompiledBackend> backends)
            throws InvalidConfig {
        this.id = wire.getId();
        this.matches = matches;
        this.backends = backends;
        this.totalWeight = backends.stream().mapToLong(CompiledBackend::weight).sum();
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
                List.of(CompiledBackend.SERVICE));
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
        List<CompiledBackend> backends = new ArrayList<>();
        for (int i = 0; i < wire.getBackendsCount(); i++) {
            try {
                backends.add(CompiledBackend.compile(wire.getBackends(i), namespace));
            } catch (InvalidConfig e) {
                throw e.within("backends[" + i + "]");
            }
        }
        return new CompiledRoute(wire, matches.isEmpty() ? List.of(CompiledMatch.EVERYTHING) : List.copyOf(matches),
                List.copyOf(backends));
    }

    private static HeaderEdits edits(String field, List<dev.meshctl.api.proto.config.HeaderEdit> wire)
            throws InvalidConfig {
        try {
            return HeaderEdits.compile(wire);
        } catch (InvalidConfig e) {
            throw e.within(field);
        }
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
        if (totalWeight == 0) {
            return null;
        }
        long at = backends.size() == 1 ? 0 : random.nextLong(totalWeight);
        for (CompiledBackend backend : backends) {
            at -= backend.weight();
            if (at < 0) {
                return backend;
            }
        }
        return null;
    }

    public String id() {
        return id;
    }

    public List<CompiledBackend> backends() {
        return backends;
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
