package dev.meshctl.control.snapshot;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.name.SniName;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Health;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.control.registry.federation.ImportedService;
import dev.meshctl.runtime.net.HostPort;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Turns workloads and imports into endpoints. */
final class EndpointCompiler {
    private static final String MTLS = "mtls";

    private EndpointCompiler() {}

    static Endpoint own(ClusterView view, ServiceName service, HostedWorkload workload) {
        return Endpoint.newBuilder()
                .setId(workload.getId())
                .setAddress(workload.getInboundAddress())
                .setPort(workload.getInboundPort())
                .setVersion(workload.getVersion())
                .setWeight(1)
                .setCluster(view.cluster())
                .setRegion(workload.getRegion().isEmpty() ? view.region() : workload.getRegion())
                .setZone(workload.getZone().isEmpty() ? view.zone() : workload.getZone())
                .setHealth(health(workload))
                .addIdentities(workload.getSpiffeId())
                .setSniSuffix(SniName.suffix(service, view.cluster()))
                .addAllPorts(workload.getPortsList().stream().map(WorkloadPort::getServicePort).sorted().toList())
                .setMode(MTLS)
                .build();
    }

    private static Health health(HostedWorkload workload) {
        if (workload.getDraining()) {
            return Health.DRAINING;
        }
        return workload.getReady() ? Health.HEALTHY : Health.UNHEALTHY;
    }

    /** One endpoint for each version that has an identity to check; none while the own gateway is unknown. */
    static List<Endpoint> imported(ClusterView view, ImportedService imported) {
        Optional<HostPort> gateway = view.gateway();
        if (gateway.isEmpty()) {
            return List.of();
        }
        return imported.service().getVersionsList().stream()
                .filter(v -> v.getIdentitiesCount() > 0)
                .sorted(Comparator.comparing(ExportedVersion::getVersion))
                .map(v -> imported(gateway.get(), imported, v))
                .toList();
    }

    private static Endpoint imported(HostPort gateway, ImportedService imported, ExportedVersion version) {
        return Endpoint.newBuilder()
                .setId(imported.peer() + "/" + version.getVersion())
                .setAddress(gateway.host())
                .setPort(gateway.port())
                .setVersion(version.getVersion())
                // One endpoint stands for all of the version's workloads, and weighs as much as they do.
                .setWeight(Math.max(1, version.getReady()))
                .setCluster(imported.peer())
                .setRegion(version.getRegion())
                .setZone(version.getZone())
                .setViaGateway(true)
                .setHealth(health(imported, version))
                .addAllIdentities(version.getIdentitiesList())
                .setSniSuffix(SniName.suffix(imported.name(), imported.peer()))
                .addAllPorts(imported.service().getPortsList().stream().map(ExportedPort::getNumber).sorted().toList())
                .setMode(MTLS)
                .build();
    }

    private static Health health(ImportedService imported, ExportedVersion version) {
        if (version.getReady() == 0) {
            return Health.UNHEALTHY;
        }
        return imported.stale() ? Health.STALE : Health.HEALTHY;
    }
}
