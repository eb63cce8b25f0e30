package dev.meshctl.control.snapshot;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Route;
import dev.meshctl.control.store.ResourceStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The routes of consumers, by the service that they call: of all namespaces, so that nobody has to look through them all for
 * each service. As large as the routes of the store that have a parent in another namespace.
 */
final class ConsumerIndex {
    private final ResourceStore store;
    private final Map<ServiceName, Map<ResourceKey, Route>> byService = new HashMap<>();
    private final Map<ResourceKey, Set<ServiceName>> services = new HashMap<>();

    /** Listens to the store. */
    ConsumerIndex(ResourceStore store) {
        this.store = store;
        store.listen(outcomes -> outcomes.forEach(outcome -> look(outcome.key())));
        store.all(Route.class).forEach(route -> look(route.key()));
    }

    /** What the store has now counts: two changes of one route may be told in any order. */
    private synchronized void look(ResourceKey key) {
        if (Kinds.ROUTES.stream().noneMatch(kind -> kind.name().equals(key.kind()))) {
            return;
        }
        for (ServiceName service : services.getOrDefault(key, Set.of())) {
            byService.computeIfPresent(service, (name, routes) -> {
                routes.remove(key);
                return routes.isEmpty() ? null : routes;
            });
        }
        services.remove(key);
        store.get(Route.class, key).ifPresent(route -> {
            Set<ServiceName> called = route.parentRefs().stream().map(route::service)
                    .filter(service -> !service.namespace().equals(key.namespace())).collect(Collectors.toSet());
            if (!called.isEmpty()) {
                services.put(key, called);
                called.forEach(service -> byService.computeIfAbsent(service, name -> new HashMap<>()).put(key, route));
            }
        });
    }

    /** The routes of other namespaces that have the service as a parent. */
    synchronized List<Route> of(ServiceName service) {
        return new ArrayList<>(byService.getOrDefault(service, Map.of()).values());
    }
}
