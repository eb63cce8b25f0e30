package dev.meshctl.control.snapshot;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Port;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.resource.AccessPolicy;
import dev.meshctl.api.resource.AppProtocol;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.Service;
import dev.meshctl.api.resource.TrafficPolicy;
import dev.meshctl.control.policy.AccessCompiler;
import dev.meshctl.control.policy.RouteCompiler;
import dev.meshctl.control.policy.TrafficPolicyCompiler;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.registry.federation.ImportedService;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.net.HostPort;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Puts together what the store, the registries and the trust bridge say. */
public final class MeshSource implements SnapshotSource {
    private final ResourceStore store;
    private final ConsumerIndex consumers;
    private final WorkloadRegistry local;
    private final ImportRegistry imports;
    private final MeshSettings settings;
    private final Supplier<Optional<HostPort>> gateway;
    private final BundleSource bundles;

    /** Whoever rebuilds snapshots when the store changes must listen to the store after this one. */
    public MeshSource(
            ResourceStore store,
            WorkloadRegistry local,
            ImportRegistry imports,
            MeshSettings settings,
            Supplier<Optional<HostPort>> gateway,
            BundleSource bundles) {
        this.store = store;
        this.consumers = new ConsumerIndex(store);
        this.local = local;
        this.imports = imports;
        this.settings = settings;
        this.gateway = gateway;
        this.bundles = bundles;
    }

    @Override
    public Set<ServiceName> services() {
        Set<ServiceName> names = new HashSet<>(local.services());
        names.addAll(imports.services());
        store.all(Service.class).forEach(s -> names.add(s.service()));
        return names;
    }

    @Override
    public Optional<ServiceInputs> service(ServiceName name) {
        Optional<Service> declared =
                store.get(Service.class, new ResourceKey(Kinds.SERVICE.name(), name.namespace(), name.name()));
        List<HostedWorkload> workloads = local.of(name);
        List<ImportedService> imported = imports.of(name);
        if (declared.isEmpty() && workloads.isEmpty() && imported.isEmpty()) {
            return Optional.empty();
        }
        List<Port> ports = declared.map(MeshSource::ports).orElse(List.of());
        Map<Integer, String> names = ServicePorts.names(ports, workloads, imported);
        List<TrafficPolicy> policies = store.in(Kinds.TRAFFIC_POLICY, TrafficPolicy.class, name.namespace());
        return Optional.of(new ServiceInputs(
                name,
                declared.isPresent(),
                ports,
                declared.map(Service::global).orElse(false),
                exported(name, workloads),
                local.headless(name),
                local.virtualAddresses(name),
                workloads,
                imported,
                RouteCompiler.compile(name, names, Kinds.ROUTES.stream()
                        .flatMap(kind -> store.in(kind, Route.class, name.namespace()).stream()).toList()),
                RouteCompiler.consumers(name, names, consumers.of(name)),
                TrafficPolicyCompiler.choose(name, policies).map(TrafficPolicyCompiler::compile),
                AccessCompiler.compile(name, store.in(Kinds.ACCESS_POLICY, AccessPolicy.class, name.namespace()))));
    }

    /** The proxies' own probe responders are there to be called from every linked cluster. */
    private boolean exported(ServiceName name, List<HostedWorkload> workloads) {
        return store.get(new ResourceKey(Kinds.SERVICE_EXPORT.name(), name.namespace(), name.name())).isPresent()
                || workloads.stream().anyMatch(HostedWorkload::getProbe);
    }

    private static List<Port> ports(Service service) {
        return service.spec().ports().stream()
                .map(p -> Port.newBuilder()
                        .setNumber(p.port())
                        .setName(p.name())
                        .setProtocol(protocol(p.protocol()))
                        .build())
                .toList();
    }

    private static Protocol protocol(AppProtocol protocol) {
        return switch (protocol) {
            case AUTO -> Protocol.DETECT;
            case HTTP1 -> Protocol.HTTP1;
            case HTTP2 -> Protocol.HTTP2;
            case TCP -> Protocol.TCP;
        };
    }

    @Override
    public ClusterView cluster() {
        return new ClusterView(settings.cluster(), gateway.get(), settings.region(), settings.zone());
    }

    @Override
    public List<ConfigResource> meshWide() {
        List<ConfigResource> all = new ArrayList<>(BundleResources.of(bundles.current()));
        all.add(settings.resource());
        return all;
    }
}
