package dev.meshctl.proxy.balance;

import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Health;
import dev.meshctl.proxy.resilience.RetryBudget;
import dev.meshctl.proxy.route.InvalidConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of one host: immutable as configured, with shared runtime state. Picks by power of two
 * choices over expected cost, within the best tier that has an endpoint: the own cluster, then other
 * clusters through the gateway, then stale imports, then unhealthy ones, at last ejected ones.
 *
 * @see <a href="https://www.eecs.harvard.edu/~michaelm/postscripts/handbook2001.pdf">Mitzenmacher et al.: The
 *     Power of Two Random Choices</a>
 */
public final class EndpointSet {
    private static final int TIERS = 5;

    private final String host;
    private final List<LiveEndpoint> endpoints;
    private final RetryBudget retryBudget;
    private final LongSupplier nanoTime;

    private EndpointSet(String host, List<LiveEndpoint> endpoints, RetryBudget budget, LongSupplier nanoTime) {
        this.host = host;
        this.endpoints = List.copyOf(endpoints);
        this.retryBudget = budget;
        this.nanoTime = nanoTime;
    }

    /** A set without endpoints, for a host whose endpoints are not known yet. */
    public static EndpointSet empty(String host) {
        return new EndpointSet(host, List.of(), new RetryBudget(System::nanoTime), System::nanoTime);
    }

    /** Builds the first set of a host. */
    public static EndpointSet compile(Endpoints wire) throws InvalidConfig {
        return compile(wire, System::nanoTime);
    }

    /** The same on another clock. */
    public static EndpointSet compile(Endpoints wire, LongSupplier nanoTime) throws InvalidConfig {
        return new EndpointSet(wire.getHost(), List.of(), new RetryBudget(nanoTime), nanoTime).update(wire);
    }

    /** The next set: endpoints that stay (same id and address) keep their state. */
    public EndpointSet update(Endpoints wire) throws InvalidConfig {
        Map<Key, EndpointStats> known = new HashMap<>();
        endpoints.forEach(e -> known.put(Key.of(e.spec()), e.stats()));
        List<LiveEndpoint> next = new ArrayList<>(wire.getEndpointsCount());
        for (int i = 0; i < wire.getEndpointsCount(); i++) {
            EndpointSpec spec = compile(wire.getEndpoints(i), i);
            EndpointStats stats = known.get(Key.of(spec));
            next.add(new LiveEndpoint(spec, stats != null ? stats : new EndpointStats(nanoTime)));
        }
        return new EndpointSet(wire.getHost(), next, retryBudget, nanoTime);
    }

    private static EndpointSpec compile(Endpoint wire, int index) throws InvalidConfig {
        try {
            return EndpointSpec.compile(wire);
        } catch (InvalidConfig e) {
            throw e.within("endpoints[" + index + "]");
        }
    }

    public String host() {
        return host;
    }

    public List<LiveEndpoint> endpoints() {
        return endpoints;
    }

    /** Those at one address, with the state that they have here. */
    public EndpointSet at(InetAddress address) {
        List<LiveEndpoint> there = endpoints.stream().filter(e -> address.equals(e.spec().address().getAddress())).toList();
        return new EndpointSet(host, there, retryBudget, nanoTime);
    }

    public RetryBudget retryBudget() {
        return retryBudget;
    }

    /**
     * The endpoint for the next attempt.
     *
     * @param version empty: any
     * @param tried left out as long as there are others
     * @return null if no endpoint serves this port and version
     */
    public @Nullable LiveEndpoint pick(int port, String version, Set<LiveEndpoint> tried, RandomGenerator random) {
        List<LiveEndpoint> best = bestTier(port, version, tried);
        if (best.isEmpty() && !tried.isEmpty()) {
            best = bestTier(port, version, Set.of());
        }
        if (best.size() < 2) {
            return best.isEmpty() ? null : best.getFirst();
        }
        LiveEndpoint one = weighted(best, null, random);
        LiveEndpoint other = weighted(best, one, random);
        return one.stats().cost() <= other.stats().cost() ? one : other;
    }

    private List<LiveEndpoint> bestTier(int port, String version, Set<LiveEndpoint> tried) {
        int bestTier = TIERS;
        List<LiveEndpoint> best = new ArrayList<>(endpoints.size());
        for (LiveEndpoint endpoint : endpoints) {
            if (!endpoint.spec().serves(port, version) || tried.contains(endpoint)
                    || endpoint.spec().health() == Health.DRAINING) {
                continue;
            }
            int tier = tier(endpoint);
            if (tier < bestTier) {
                bestTier = tier;
                best.clear();
            }
            if (tier == bestTier) {
                best.add(endpoint);
            }
        }
        return best;
    }

    private static int tier(LiveEndpoint endpoint) {
        if (endpoint.ejected()) {
            return 4;
        }
        return switch (endpoint.spec().health()) {
            case STALE -> 2;
            case UNHEALTHY -> 3;
            default -> endpoint.spec().viaGateway() ? 1 : 0;
        };
    }

    private static LiveEndpoint weighted(List<LiveEndpoint> from, @Nullable LiveEndpoint not, RandomGenerator random) {
        long total = 0;
        for (LiveEndpoint e : from) {
            total += e == not ? 0 : e.spec().weight();
        }
        long at = random.nextLong(total);
        for (LiveEndpoint e : from) {
            at -= e == not ? 0 : e.spec().weight();
            if (at < 0) {
                return e;
            }
        }
        return from.getLast();
    }

    /** Notes an answer that is no failure of the endpoint. */
    public void succeeded(LiveEndpoint endpoint, long latencyNanos) {
        endpoint.stats().succeeded(latencyNanos);
    }

    /** Notes a 5xx answer, a reset or a connect error; ejects the endpoint when the policy says so. */
    public void failed(LiveEndpoint endpoint, long latencyNanos, OutlierPolicy policy) {
        endpoint.stats().failed(latencyNanos);
        if (endpoint.stats().due(policy) && mayEject(endpoint, policy)) {
            endpoint.stats().eject(policy);
        }
    }

    private boolean mayEject(LiveEndpoint endpoint, OutlierPolicy policy) {
        if (endpoint.stats().suspect()) {
            return true;
        }
        long out = endpoints.stream().filter(e -> e.stats().suspect()).count();
        long most = Math.max(endpoints.size() > 1 ? 1 : 0, (long) endpoints.size() * policy.maxEjectedPercent() / 100);
        return out < most;
    }

    private record Key(String id, InetSocketAddress address) {
        static Key of(EndpointSpec spec) {
            return new Key(spec.id(), spec.address());
        }
    }
}
