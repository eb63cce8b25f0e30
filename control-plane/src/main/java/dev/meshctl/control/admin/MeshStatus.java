package dev.meshctl.control.admin;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.BundleDigest;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.control.distribute.ConfigDistributor;
import dev.meshctl.control.federation.GatewayAddresses;
import dev.meshctl.control.federation.GatewaySessions;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.control.snapshot.SnapshotSource;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.daemon.ProcessDescription;
import dev.meshctl.runtime.net.HostPort;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** How this control plane is. */
public final class MeshStatus {
    private final About about;
    private final ResourceStore store;
    private final WorkloadRegistry registry;
    private final SnapshotSource source;
    private final ConfigDistributor distributor;
    private final GatewaySessions gateways;
    private final GatewayAddresses addresses;
    private final BundleSource bundles;
    private final Supplier<Optional<String>> trustBridgeError;
    private final Supplier<Map<String, Long>> counters;

    /** What does not change while it runs. */
    public record About(String cluster, TrustDomain trustDomain, ProcessDescription process, Instant started) {}

    /** @param trustBridgeError empty while the trust bridge answers; may take a second */
    public MeshStatus(
            About about,
            ResourceStore store,
            WorkloadRegistry registry,
            SnapshotSource source,
            ConfigDistributor distributor,
            GatewaySessions gateways,
            GatewayAddresses addresses,
            BundleSource bundles,
            Supplier<Optional<String>> trustBridgeError,
            Supplier<Map<String, Long>> counters) {
        this.about = about;
        this.store = store;
        this.registry = registry;
        this.source = source;
        this.distributor = distributor;
        this.gateways = gateways;
        this.addresses = addresses;
        this.bundles = bundles;
        this.trustBridgeError = trustBridgeError;
        this.counters = counters;
    }

    StatusResponse response() {
        Optional<String> error = trustBridgeError.get();
        StatusResponse.Builder response = StatusResponse.newBuilder()
                .setCluster(about.cluster())
                .setTrustDomain(about.trustDomain().name())
                .setNode(about.process().node())
                .setVersion(about.process().version())
                .addAllGateways(gateways.gateways())
                .setStartedEpochMs(about.started().toEpochMilli())
                .setProxiesConnected(distributor.connected().size())
                .setServices(source.services().size())
                .setWorkloads(workloads())
                .setTrustBridgeConnected(error.isEmpty())
                .setTrustBridgeError(error.orElse(""))
                .setGatewayConnected(gateways.connected())
                .setSnapshotVersion(distributor.current().version())
                .addAllGatewayAddresses(addresses.all().stream().map(HostPort::toString).toList())
                .setGatewayProblem(addresses.problem())
                .putAllCounters(counts());
        bundles.current().byTrustDomain().values().forEach(b -> response.addBundles(BundleDigest.newBuilder()
                .setTrustDomain(b.trustDomain().name())
                .setDigestSha256(SpiffeJson.digest(b))
                .setSequence(b.sequence())));
        return response.build();
    }

    private int workloads() {
        return registry.nodes().stream().mapToInt(n -> n.workloads().size()).sum();
    }

    /** Named causes since the start, and under {@code store_files_quarantined} what is wrong now. */
    private Map<String, Long> counts() {
        Map<String, Long> all = new TreeMap<>(counters.get());
        all.put("store_files_quarantined", (long) store.quarantined().size());
        return all;
    }

    /** Prometheus text (version 0.0.4), ending with a line break. */
    public String metrics() {
        StringBuilder text = new StringBuilder("# TYPE meshctl_control_events_total counter\n");
        counts().forEach((cause, count) -> text.append("meshctl_control_events_total{event=\"").append(cause).append("\"} ")
                .append(count).append('\n'));
        gauge(text, "meshctl_control_proxies_connected", distributor.connected().size());
        gauge(text, "meshctl_control_services", source.services().stream().map(ServiceName::toString).distinct().count());
        gauge(text, "meshctl_control_workloads", workloads());
        gauge(text, "meshctl_control_gateway_connected", gateways.connected() ? 1 : 0);
        gauge(text, "meshctl_control_snapshot_version", distributor.current().version());
        gauge(text, "meshctl_control_resources", distributor.current().resources().size());
        return text.toString();
    }

    private static void gauge(StringBuilder text, String name, long value) {
        text.append("# TYPE ").append(name).append(" gauge\n").append(name).append(' ').append(value).append('\n');
    }
}
