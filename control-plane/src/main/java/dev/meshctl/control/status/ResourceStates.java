package dev.meshctl.control.status;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.AccessPolicy;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.Service;
import dev.meshctl.api.resource.ServiceExport;
import dev.meshctl.api.resource.ServiceImport;
import dev.meshctl.api.resource.TrafficPolicy;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.Workload;
import dev.meshctl.control.policy.ServiceCatalog;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.store.Observed;
import dev.meshctl.control.store.ResourceStore;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The state of resources in a word or several. Of what has conditions it is {@code Accepted} or {@code Valid}, or the reason of
 * the condition that is not as it should be. On Kubernetes they are those in the API server, which everybody sees; elsewhere the same
 * conditions are made when somebody asks.
 */
public final class ResourceStates {
    private final ResourceStore store;
    private final ServiceCatalog catalog;
    private final ServiceCatalog own;
    private final ImportRegistry imports;

    /** @param own the services of this cluster alone */
    public ResourceStates(ResourceStore store, ServiceCatalog catalog, ServiceCatalog own, ImportRegistry imports) {
        this.store = store;
        this.catalog = catalog;
        this.own = own;
        this.imports = imports;
    }

    /** The states of now, to be asked for each resource: what routes and policies are there is looked up once. */
    public Function<Resource, String> now() {
        return new Look()::of;
    }

    private final class Look {
        private final RouteConditions routes = new RouteConditions(catalog, store.all(Route.class));
        private final PolicyConditions policies =
                new PolicyConditions(catalog, store.all(TrafficPolicy.class), store.all(AccessPolicy.class));

        String of(Resource resource) {
            return switch (resource) {
                case TrafficShift shift -> word(shift.status().phase());
                case MeshLink link -> word(link.status().phase());
                case Workload workload -> workload.status().draining() ? "Draining" : workload.status().ready() ? "Ready" : "NotReady";
                case ServiceImport imported -> imported(imported.status().clusters());
                case Route route -> observed(route).orElseGet(() -> StateWords.of(
                        IntStream.range(0, route.parentRefs().size()).mapToObj(parent -> routes.of(route, parent))));
                case ServiceExport export -> observed(export).orElseGet(() -> StateWords.of(Stream.of(exported(export))));
                case TrafficPolicy policy -> ofPolicy(policy);
                case AccessPolicy policy -> ofPolicy(policy);
                case Resource other -> "";
            };
        }

        private String ofPolicy(Resource policy) {
            return observed(policy).orElseGet(() -> StateWords.of(Stream.of(policies.of(policy))));
        }
    }

    private Optional<String> observed(Resource resource) {
        return store.observed(resource.key()).map(StateWords::of);
    }

    private static String imported(List<ServiceImport.Cluster> clusters) {
        if (clusters.isEmpty()) {
            return "";
        }
        if (clusters.stream().allMatch(ServiceImport.Cluster::stale)) {
            return "Stale";
        }
        return clusters.stream().anyMatch(cluster -> !cluster.stale() && cluster.ready().orElse(1) > 0) ? "Ready" : "NotReady";
    }

    /** A service that nobody has declared has the ports of its workloads, which no conflict is looked for. */
    private List<Condition> exported(ServiceExport export) {
        ServiceName name = new ServiceName(export.metadata().name(), export.metadata().namespace());
        Optional<Service> declared =
                store.get(Service.class, new ResourceKey(Kinds.SERVICE.name(), name.namespace(), name.name()));
        return declared.isEmpty() && own.services().contains(name) ? ExportConditions.ofUndeclared()
                : ExportConditions.of(declared.map(service -> "ClusterIP"), declared, false, imports.of(name));
    }

    private static String word(Enum<?> phase) {
        return phase.name().substring(0, 1) + phase.name().substring(1).toLowerCase(Locale.ROOT);
    }
}
