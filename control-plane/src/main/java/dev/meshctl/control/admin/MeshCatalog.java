package dev.meshctl.control.admin;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Service;
import dev.meshctl.control.policy.ServiceCatalog;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.store.ResourceStore;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The services that exist: declared, hosted, imported, and those that are being applied. */
public final class MeshCatalog implements ServiceCatalog {
    private final ResourceStore store;
    private final WorkloadRegistry local;
    private final ImportRegistry imports;
    private final Map<ServiceName, Service> applied;

    public MeshCatalog(ResourceStore store, WorkloadRegistry local, ImportRegistry imports) {
        this(store, local, imports, Map.of());
    }

    private MeshCatalog(
            ResourceStore store, WorkloadRegistry local, ImportRegistry imports, Map<ServiceName, Service> applied) {
        this.store = store;
        this.local = local;
        this.imports = imports;
        this.applied = applied;
    }

    /** With the services among resources that are not stored yet. */
    MeshCatalog with(List<Resource> resources) {
        Map<ServiceName, Service> added = new HashMap<>();
        for (Resource resource : resources) {
            if (resource instanceof Service service) {
                added.put(service.service(), service);
            }
        }
        return new MeshCatalog(store, local, imports, added);
    }

    /** Without those that only linked clusters have. */
    Set<ServiceName> own() {
        Set<ServiceName> names = new TreeSet<>(local.services());
        store.all(Service.class).forEach(s -> names.add(s.service()));
        names.addAll(applied.keySet());
        return names;
    }

    /** Only the own services, for what must be here. */
    public ServiceCatalog ownOnly() {
        MeshCatalog all = this;
        return new ServiceCatalog() {
            @Override
            public Collection<ServiceName> services() {
                return all.own();
            }

            @Override
            public Set<String> versions(ServiceName service) {
                return ownVersions(service);
            }

            @Override
            public Map<Integer, String> portNames(ServiceName service) {
                return all.portNames(service);
            }
        };
    }

    @Override
    public Collection<ServiceName> services() {
        Set<ServiceName> names = own();
        names.addAll(imports.services());
        return names;
    }

    private Set<String> ownVersions(ServiceName service) {
        return local.of(service).stream()
                .map(HostedWorkload::getVersion)
                .filter(v -> !v.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public Set<String> versions(ServiceName service) {
        Set<String> versions = ownVersions(service);
        imports.of(service).forEach(i -> i.service().getVersionsList().stream()
                .map(ExportedVersion::getVersion)
                .filter(v -> !v.isEmpty())
                .forEach(versions::add));
        return versions;
    }

    @Override
    public Map<Integer, String> portNames(ServiceName name) {
        Service declared = applied.containsKey(name) ? applied.get(name)
                : store.get(Service.class, new ResourceKey(Kinds.SERVICE.name(), name.namespace(), name.name())).orElse(null);
        Map<Integer, String> ports = new TreeMap<>();
        if (declared != null) {
            declared.spec().ports().forEach(p -> ports.put(p.port(), p.name()));
        } else {
            local.of(name).forEach(w -> w.getPortsList().forEach(p -> ports.putIfAbsent(p.getServicePort(), p.getName())));
        }
        imports.of(name).forEach(i -> i.service().getPortsList().forEach(p -> ports.putIfAbsent(p.getNumber(), p.getName())));
        return ports;
    }
}
