package dev.meshctl.control.snapshot;

import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.control.registry.federation.ImportedService;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How the default route of a service shares out its requests; what lists show. */
public final class TrafficShares {
    private TrafficShares() {}

    /**
     * The percentage of each version, rounded.
     *
     * @param from the cluster whose own name is called; empty: this one
     * @param ready endpoints of each version that take traffic
     */
    public static Map<String, Integer> percent(
            ServiceInputs service, Optional<ImportedService> from, Map<String, Integer> ready) {
        List<HttpRoute> routes = HostRoutes.choose(service, from.map(List::of).orElse(List.of())).routes().http();
        Map<String, Double> shares = routes.stream()
                .filter(TrafficShares::takesAll)
                .findFirst()
                .map(r -> byWeight(r.getBackendsList(), ready))
                .orElseGet(() -> byEndpoint(ready, 1));
        Map<String, Integer> percent = new HashMap<>();
        ready.keySet().forEach(v -> percent.put(v, (int) Math.round(100 * shares.getOrDefault(v, 0.0))));
        return percent;
    }

    private static boolean takesAll(HttpRoute route) {
        return route.getMatchesCount() == 0 || route.getMatchesList().stream().anyMatch(TrafficShares::takesAll);
    }

    private static boolean takesAll(RouteMatch match) {
        return match.toBuilder().clearPort().clearNotPorts().setPathPrefix("").build().equals(RouteMatch.getDefaultInstance())
                && (match.getPathPrefix().isEmpty() || match.getPathPrefix().equals("/"));
    }

    private static Map<String, Double> byWeight(List<Backend> backends, Map<String, Integer> ready) {
        double sum = backends.stream().mapToDouble(b -> Integer.toUnsignedLong(b.getWeight())).sum();
        Map<String, Double> shares = new HashMap<>();
        for (Backend backend : backends) {
            double share = sum == 0 ? 0 : Integer.toUnsignedLong(backend.getWeight()) / sum;
            if (backend.getHost().isEmpty() && backend.getVersion().isEmpty()) {
                byEndpoint(ready, share).forEach((v, s) -> shares.merge(v, s, Double::sum));
            } else if (backend.getHost().isEmpty()) {
                shares.merge(backend.getVersion(), share, Double::sum);
            }
        }
        return shares;
    }

    private static Map<String, Double> byEndpoint(Map<String, Integer> ready, double whole) {
        int sum = ready.values().stream().mapToInt(Integer::intValue).sum();
        Map<String, Double> shares = new HashMap<>();
        ready.forEach((version, count) -> shares.put(version, sum == 0 ? 0 : whole * count / sum));
        return shares;
    }
}
