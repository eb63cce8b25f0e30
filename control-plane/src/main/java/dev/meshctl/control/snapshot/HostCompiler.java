package dev.meshctl.control.snapshot;

import dev.meshctl.api.name.HostScope;
import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.proto.config.ConsumerRoutes;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.control.policy.CompiledRoutes;
import dev.meshctl.control.registry.federation.ImportedService;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compiles one service into the resources of all its hosts: {@code svc.cluster.local}, {@code
 * svc.clusterset.local} and one {@code svc.<cluster>.mesh} for each cluster that has it.
 */
final class HostCompiler {
    private final ClusterView view;
    private final ServiceInputs service;
    private final List<ConfigResource> compiled = new ArrayList<>();

    private HostCompiler(ClusterView view, ServiceInputs service) {
        this.view = view;
        this.service = service;
    }

    static List<ConfigResource> compile(ClusterView view, ServiceInputs service) {
        HostCompiler compiler = new HostCompiler(view, service);
        compiler.all();
        return compiler.compiled;
    }

    private void all() {
        if (service.local()) {
            host(HostScope.LOCAL, true, service.global() ? service.imports() : List.of());
            host(new HostScope.Cluster(view.cluster()), true, List.of());
            // What answers probes is a workload of its own service too, and its address means that one.
            service.workloads().stream().filter(w -> !w.getProbe())
                    .forEach(w -> AddressResources.workload(w).ifPresent(compiled::add));
            compiled.add(ConfigResource.of(ConfigType.ACCESS, service.name().toString(), service.access()));
        }
        boolean own = service.local() && service.exported();
        if (own || !service.imports().isEmpty()) {
            host(HostScope.CLUSTER_SET, own, service.imports());
        }
        for (ImportedService imported : service.imports()) {
            host(new HostScope.Cluster(imported.peer()), false, List.of(imported));
        }
    }

    private void host(HostScope scope, boolean here, List<ImportedService> imports) {
        MeshHost host = service.name().in(scope);
        List<Endpoint> endpoints = endpoints(here, imports);
        Service.Builder message = Service.newBuilder()
                .setHost(host.toString())
                .setName(service.name().name())
                .setNamespace(service.name().namespace())
                .addAllVips(scope.equals(HostScope.LOCAL) ? service.virtualAddresses() : List.of())
                .addAllPorts(ServicePorts.union(here ? ServicePorts.own(service) : List.of(), imports))
                .addAllVersions(endpoints.stream()
                        .map(Endpoint::getVersion)
                        .filter(v -> !v.isEmpty())
                        .distinct()
                        .sorted()
                        .toList());
        HostRoutes routes = HostRoutes.choose(service, imports);
        routes.into(message);
        service.consumers().forEach((namespace, own) -> message.addConsumers(consumer(namespace, own.before(routes.routes()))));
        compiled.add(seenByEach(message.build()));
        compiled.add(ConfigResource.of(ConfigType.ENDPOINTS, host.toString(), Endpoints.newBuilder()
                .setHost(host.toString())
                .addAllEndpoints(endpoints)
                .build()));
        // A proxy that has only the address a connection was meant for asks by that.
        message.getVipsList().forEach(vip -> AddressResources.virtualIp(vip, host.toString()).ifPresent(compiled::add));
    }

    private static ConsumerRoutes consumer(String namespace, CompiledRoutes routes) {
        return ConsumerRoutes.newBuilder().setNamespace(namespace)
                .addAllHttpRoutes(routes.http()).addAllConnectionRoutes(routes.connections()).build();
    }

    /** What a namespace does on its own calls is nobody else's business: a header that a route sets may be a secret. */
    private static ConfigResource seenByEach(Service whole) {
        ConfigResource resource = ConfigResource.of(ConfigType.SERVICE, whole.getHost(), whole);
        if (whole.getConsumersCount() == 0) {
            return resource;
        }
        Service bare = whole.toBuilder().clearConsumers().build();
        Map<String, ConfigResource> views = new HashMap<>();
        whole.getConsumersList().forEach(consumer -> views.put(consumer.getNamespace(), ConfigResource.of(
                ConfigType.SERVICE, whole.getHost(), bare.toBuilder().addConsumers(consumer).build())));
        return resource.withViews(views, ConfigResource.of(ConfigType.SERVICE, whole.getHost(), bare));
    }

    private List<Endpoint> endpoints(boolean own, List<ImportedService> imports) {
        List<Endpoint> endpoints = new ArrayList<>();
        if (own) {
            service.workloads().forEach(w -> endpoints.add(EndpointCompiler.own(view, service.name(), w)));
        }
        imports.forEach(i -> endpoints.addAll(EndpointCompiler.imported(view, i)));
        endpoints.sort(Comparator.comparing(Endpoint::getId));
        return endpoints;
    }
}
