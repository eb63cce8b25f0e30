package dev.meshctl.control.snapshot;

import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.proto.control.RelayTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Turns an exported service into what the gateway offers to linked meshes and relays to. */
final class ExportCompiler {
    private ExportCompiler() {}

    /** Empty if the service is not exported, or not of this cluster. */
    static Optional<LocalExport> compile(ClusterView view, ServiceInputs service) {
        if (!service.exported() || !service.local()) {
            return Optional.empty();
        }
        ExportedService exported = ExportedService.newBuilder()
                .setName(service.name().name())
                .setNamespace(service.name().namespace())
                .setCluster(view.cluster())
                .addAllPorts(ServicePorts.exported(ServicePorts.own(service)))
                .addAllVersions(versions(view, service))
                .setHttpRoutes(HostRoutes.exported(service))
                .setType(service.headless() ? "Headless" : "ClusterSetIP")
                .build();
        return Optional.of(LocalExport.newBuilder()
                .setService(exported.toBuilder().setResourceVersion(ContentHash.of(exported.toByteString())))
                .addAllTargets(service.workloads().stream().map(ExportCompiler::target).toList())
                .build());
    }

    private static List<ExportedVersion> versions(ClusterView view, ServiceInputs service) {
        Map<String, List<HostedWorkload>> byVersion = new TreeMap<>();
        service.workloads().forEach(w -> byVersion.computeIfAbsent(w.getVersion(), v -> new ArrayList<>()).add(w));
        return byVersion.entrySet().stream()
                .map(e -> ExportedVersion.newBuilder()
                        .setVersion(e.getKey())
                        .setReady((int) e.getValue().stream().filter(ExportCompiler::takesTraffic).count())
                        .setTotal(e.getValue().size())
                        .addAllIdentities(e.getValue().stream().map(HostedWorkload::getSpiffeId).distinct().sorted().toList())
                        .setRegion(view.region())
                        .setZone(view.zone())
                        .build())
                .toList();
    }

    private static RelayTarget target(HostedWorkload workload) {
        return RelayTarget.newBuilder()
                .setWorkload(workload.getId())
                .setAddress(workload.getInboundAddress())
                .setPort(workload.getInboundPort())
                .setVersion(workload.getVersion())
                .setReady(takesTraffic(workload))
                .build();
    }

    private static boolean takesTraffic(HostedWorkload workload) {
        return workload.getReady() && !workload.getDraining();
    }
}
