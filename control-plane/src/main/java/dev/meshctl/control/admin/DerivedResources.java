package dev.meshctl.control.admin;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.api.resource.AppProtocol;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.ServiceImport;
import dev.meshctl.api.resource.Workload;
import dev.meshctl.control.registry.NodeView;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.registry.federation.ImportedService;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** What the registries know, in the form of resources. */
final class DerivedResources {
    private final WorkloadRegistry local;
    private final ImportRegistry imports;

    DerivedResources(WorkloadRegistry local, ImportRegistry imports) {
        this.local = local;
        this.imports = imports;
    }

    List<Workload> workloads() {
        List<Workload> all = new ArrayList<>();
        for (NodeView node : local.nodes()) {
            node.workloads().forEach(w -> all.add(workload(node.node(), w)));
        }
        return all;
    }

    private static Workload workload(String node, HostedWorkload workload) {
        return new Workload(
                Metadata.of(resourceName(workload.getId()), workload.getNamespace()),
                new Workload.Spec(
                        workload.getService(),
                        workload.getVersion(),
                        workload.getServiceAccount().isEmpty() ? "default" : workload.getServiceAccount(),
                        workload.getSpiffeId(),
                        node,
                        workload.getInboundAddress(),
                        workload.getInboundPort(),
                        workload.getPortsList().stream().map(DerivedResources::port).toList()),
                new Workload.Status(
                        workload.getReady(),
                        workload.getDraining(),
                        instant(workload.getStartedEpochMs()),
                        instant(workload.getSvidNotAfterEpochSeconds() * 1000)));
    }

    /** Ids may have characters that names of resources do not. */
    private static String resourceName(String id) {
        String name = id.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]", "-").replaceAll("[-.]*\\.[-.]*", ".");
        return name.replaceAll("^[-.]+|[-.]+$", "");
    }

    private static Workload.Port port(WorkloadPort port) {
        return new Workload.Port(port.getName(), port.getServicePort(), port.getAppPort(), protocol(port.getProtocol()));
    }

    private static AppProtocol protocol(String word) {
        return switch (word) {
            case "http1" -> AppProtocol.HTTP1;
            case "http2" -> AppProtocol.HTTP2;
            case "tcp" -> AppProtocol.TCP;
            default -> AppProtocol.AUTO;
        };
    }

    private static Optional<Instant> instant(long epochMs) {
        return epochMs <= 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(epochMs));
    }

    List<ServiceImport> imports() {
        return imports.services().stream().sorted().map(this::imported).toList();
    }

    private ServiceImport imported(ServiceName name) {
        List<ImportedService> sources = imports.of(name);
        TreeMap<Integer, ServiceImport.Port> ports = new TreeMap<>();
        sources.forEach(s -> s.service().getPortsList().forEach(p -> ports.putIfAbsent(
                p.getNumber(), new ServiceImport.Port(p.getName(), p.getNumber(), protocol(p.getProtocol())))));
        return new ServiceImport(
                Metadata.of(name.name(), name.namespace()),
                new ServiceImport.Spec(ServiceImport.Type.CLUSTER_SET_IP, List.copyOf(ports.values())),
                new ServiceImport.Status(sources.stream().map(DerivedResources::source).toList()));
    }

    private static ServiceImport.Cluster source(ImportedService imported) {
        return new ServiceImport.Cluster(
                imported.peer(),
                imported.stale(),
                OptionalInt.of(imported.service().getVersionsList().stream().mapToInt(ExportedVersion::getReady).sum()),
                imported.service().getVersionsList().stream().map(ExportedVersion::getVersion).filter(v -> !v.isEmpty()).toList());
    }
}
