package dev.meshctl.control.snapshot;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.Port;
import dev.meshctl.api.proto.config.TrafficPolicy;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.control.policy.CompiledRoutes;
import dev.meshctl.control.registry.federation.ImportedService;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that is known of one service, from which its hosts are compiled.
 *
 * @param declared there is a Service resource; without one, own workloads make the service
 * @param ports of the Service resource; empty: those that the workloads name
 * @param global {@code svc.cluster.local} reaches imports too
 * @param exported linked meshes may call the own workloads
 * @param headless it has no virtual address on purpose
 * @param virtualAddresses IP literals that stand for the service in this cluster
 * @param workloads own ones, sorted by id
 * @param imports of linked clusters, sorted by cluster
 * @param routes compiled from the routes of its own namespace, most specific first
 * @param consumers by namespace: compiled from the routes there, for calls from there
 */
public record ServiceInputs(
        ServiceName name,
        boolean declared,
        List<Port> ports,
        boolean global,
        boolean exported,
        boolean headless,
        List<String> virtualAddresses,
        List<HostedWorkload> workloads,
        List<ImportedService> imports,
        CompiledRoutes routes,
        SortedMap<String, CompiledRoutes> consumers,
        Optional<TrafficPolicy> policy,
        Access access) {
    public ServiceInputs {
        consumers = Collections.unmodifiableSortedMap(new TreeMap<>(consumers));
        ports = List.copyOf(ports);
        virtualAddresses = List.copyOf(virtualAddresses);
        workloads = workloads.stream().sorted(Comparator.comparing(HostedWorkload::getId)).toList();
        imports = imports.stream().sorted(Comparator.comparing(ImportedService::peer)).toList();
    }

    /** The service exists in this cluster. */
    public boolean local() {
        return declared || !workloads.isEmpty();
    }
}
