package dev.meshctl.control.platform;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.control.federation.LinkRecords;
import dev.meshctl.control.registry.GatewayReach;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.control.registry.local.LocalRegistry;
import dev.meshctl.control.registry.local.WorkloadReports;
import dev.meshctl.control.store.FileStore;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.BindableService;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** One control plane that has all to itself: resources in files, workloads as node proxies report them. */
public final class LocalPlatform implements Platform {
    private final TrustDomain own;
    private final FileStore store;
    private final LocalRegistry registry;

    /** Reads what is stored. */
    public LocalPlatform(DaemonConfig config, InstantSource clock, Consumer<Set<ServiceName>> onChange, Counters counters)
            throws IOException {
        this.own = config.trustDomain();
        this.store = new FileStore(config.dataDir().resolve("store"), clock, counters);
        this.registry = new LocalRegistry(config.dataDir().resolve("nodes"), own, clock, onChange, counters);
    }

    @Override
    public ResourceStore store() {
        return store;
    }

    @Override
    public WorkloadRegistry workloads() {
        return registry;
    }

    @Override
    public BindableService reports() {
        return new WorkloadReports(registry);
    }

    @Override
    public boolean isProxy(SpiffeId peer) {
        return peer.equals(SpiffeId.of(own, SystemIdentity.PROXY));
    }

    @Override
    public boolean leads() {
        return true;
    }

    @Override
    public void onLeadership(Consumer<Boolean> listener) {}

    @Override
    public Optional<String> notLeading() {
        return Optional.empty();
    }

    @Override
    public void begin(Mesh mesh) {}

    @Override
    public Optional<GatewayReach> gateway() {
        return Optional.empty();
    }

    @Override
    public Optional<LinkRecords> linkRecords() {
        return Optional.empty();
    }

    @Override
    public Set<HostPort> replicas() {
        return Set.of();
    }

    @Override
    public void expire() {
        registry.expire();
    }

    @Override
    public Map<String, String> listening() {
        return Map.of();
    }

    @Override
    public Map<String, Long> counts() {
        return Map.of();
    }

    @Override
    public void close() {}
}
