package dev.meshctl.control.admin;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.ListServicesRequest;
import dev.meshctl.api.proto.admin.ListServicesResponse;
import dev.meshctl.api.proto.admin.ServiceSource;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.api.proto.admin.VersionView;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.control.registry.federation.ImportedService;
import dev.meshctl.control.snapshot.ServiceInputs;
import dev.meshctl.control.snapshot.SnapshotSource;
import dev.meshctl.control.snapshot.TrafficShares;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The services of the fleet as this cluster sees them. */
final class ServiceViews {
    private final SnapshotSource source;
    private final MeshCatalog catalog;

    ServiceViews(SnapshotSource source, MeshCatalog catalog) {
        this.source = source;
        this.catalog = catalog;
    }

    /** The mesh's own services are listed only if their namespace is asked for. */
    ListServicesResponse list(ListServicesRequest request) {
        ListServicesResponse.Builder response = ListServicesResponse.newBuilder();
        source.services().stream()
                .filter(name -> request.getNamespace().isEmpty()
                        ? !name.namespace().equals(SpiffeId.SYSTEM_NAMESPACE)
                        : name.namespace().equals(request.getNamespace()))
                .sorted()
                .map(source::service)
                .flatMap(Optional::stream)
                .map(this::view)
                .forEach(response::addServices);
        return response.build();
    }

    private ServiceView view(ServiceInputs service) {
        ServiceName name = service.name();
        ServiceView.Builder view = ServiceView.newBuilder()
                .setName(name.name())
                .setNamespace(name.namespace())
                .addAllPorts(catalog.ports(name))
                .setExported(service.exported() && service.local());
        if (service.local()) {
            view.addSources(own(service));
        }
        service.imports().forEach(i -> view.addSources(imported(service, i)));
        return view.build();
    }

    private record Count(int ready, int total) {
        Count plus(int moreReady, int more) {
            return new Count(ready + moreReady, total + more);
        }
    }

    private ServiceSource own(ServiceInputs service) {
        Map<String, Count> counts = new TreeMap<>();
        for (HostedWorkload workload : service.workloads()) {
            int ready = workload.getReady() && !workload.getDraining() ? 1 : 0;
            counts.merge(workload.getVersion(), new Count(ready, 1), (a, b) -> a.plus(b.ready(), b.total()));
        }
        return source(service, Optional.empty(), counts).setCluster(source.cluster().cluster()).setLocal(true).build();
    }

    private static ServiceSource imported(ServiceInputs service, ImportedService imported) {
        Map<String, Count> counts = new TreeMap<>();
        for (ExportedVersion version : imported.service().getVersionsList()) {
            counts.put(version.getVersion(), new Count(version.getReady(), version.getTotal()));
        }
        return source(service, Optional.of(imported), counts)
                .setCluster(imported.peer())
                .setStale(imported.stale())
                .build();
    }

    private static ServiceSource.Builder source(
            ServiceInputs service, Optional<ImportedService> from, Map<String, Count> counts) {
        Map<String, Integer> ready = new TreeMap<>();
        counts.forEach((version, count) -> ready.put(version, count.ready()));
        Map<String, Integer> percent = TrafficShares.percent(service, from, ready);
        ServiceSource.Builder builder = ServiceSource.newBuilder();
        counts.forEach((version, count) -> builder.addVersions(VersionView.newBuilder()
                .setVersion(version)
                .setReady(count.ready())
                .setTotal(count.total())
                .setWeightPercent(counts.size() == 1 ? 100 : percent.getOrDefault(version, 0))));
        return builder;
    }
}
