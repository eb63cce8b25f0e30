package dev.meshctl.cli.verify;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.admin.BundleDigest;
import dev.meshctl.api.proto.admin.GetResponse;
import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.ListLinksResponse;
import dev.meshctl.api.proto.admin.ListProxiesResponse;
import dev.meshctl.api.proto.admin.ListServicesResponse;
import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.api.proto.admin.TypeSync;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.proxy.ListWorkloadsResponse;
import dev.meshctl.api.proto.proxy.ProbeResponse;
import dev.meshctl.api.proto.proxy.ProbeResult;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.api.proto.trust.Authority;
import dev.meshctl.api.proto.trust.BundleStatus;
import dev.meshctl.api.proto.trust.TrustAdminGrpc;
import dev.meshctl.api.proto.trust.TrustStatus;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.connect.Destination;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Fleet;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.runtime.bundle.TrustBundle;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A fleet that answers what it is told to, without processes. All is well until a test changes it. */
final class FakeFleet implements Connections, Platform {
    static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final Set<String> onKubernetes = new TreeSet<>();
    private final Map<String, FakeChannel> control = new TreeMap<>();
    private final Map<String, FakeChannel> trust = new TreeMap<>();
    private final Map<String, FakeChannel> proxy = new TreeMap<>();

    private final Map<String, FakeChannel> pods = new TreeMap<>();

    /** What the control plane says of the sidecars of a cluster: connected, each of service account {@code app}. */
    FakeFleet withSidecars(String cluster, String... namespacedPods) {
        ListProxiesResponse.Builder proxies = ListProxiesResponse.newBuilder();
        for (String each : namespacedPods) {
            String[] parts = each.split("/", 2);
            proxies.addProxies(ProxyView.newBuilder().setNode(parts[1] + "." + parts[0]).setConnected(true)
                    .setIdentity("spiffe://" + cluster + ".mesh/ns/" + parts[0] + "/sa/app"));
            pods.put(each, new FakeChannel().answer("Probe", sidecarProbe(cluster, cluster, false)));
        }
        control(cluster).answer("ListProxies", proxies.build());
        return this;
    }

    /** An answer of a sidecar. */
    static ProbeResponse sidecarProbe(String trustDomainOf, String servedBy, boolean viaGateway) {
        return ProbeResponse.newBuilder().addResults(ProbeResult.newBuilder().setStatus(200).setServedBy(servedBy)
                .setPeerIdentity("spiffe://" + trustDomainOf + ".mesh/ns/shop/sa/app").setViaGateway(viaGateway)
                .setDurationUs(1500)).build();
    }

    FakeChannel pod(String namespacedPod) {
        return pods.getOrDefault(namespacedPod, new FakeChannel());
    }

    static Cluster cluster(String name) {
        return new Cluster(name, TrustDomain.ofCluster(name), new Place.Local("127.9", Map.of(), "", ""), Path.of("/nowhere", name));
    }

    /** The same, on Kubernetes. */
    FakeFleet withKubernetes(String name) {
        onKubernetes.add(name);
        return with(name);
    }

    private Cluster known(String name) {
        return onKubernetes.contains(name)
                ? new Cluster(name, TrustDomain.ofCluster(name), new Place.Context(name, List.of()), Path.of("/nowhere", name))
                : cluster(name);
    }

    /** One healthy cluster without links. */
    FakeFleet with(String name) {
        String domain = name + ".mesh";
        control.put(name, new FakeChannel()
                .answer("Status", StatusResponse.newBuilder().setCluster(name).setSnapshotVersion(3).setVersion("1.4.0")
                        .setTrustBridgeConnected(true).setGatewayConnected(true).addGatewayAddresses("127.9.0.3:15443")
                        .addBundles(BundleDigest.newBuilder().setTrustDomain(domain).setDigestSha256("d-" + domain))
                        .build())
                .answer("ListLinks", ListLinksResponse.getDefaultInstance())
                .answer("ListProxies", ListProxiesResponse.newBuilder().addProxies(ProxyView.newBuilder()
                        .setNode("node-1").setConnected(true)
                        .addTypes(TypeSync.newBuilder().setType("Service").setSubscribed(2).setAcked(2))).build())
                .answer("ListServices", ListServicesResponse.getDefaultInstance())
                .answer("Get", GetResponse.getDefaultInstance()));
        trust.put(name, new FakeChannel().answer("Status", trustStatus(domain, Duration.ofDays(3650))));
        proxy.put(name, new FakeChannel()
                .answer("List", ListWorkloadsResponse.newBuilder().addWorkloads(HostedWorkload.newBuilder()
                        .setId("probe").setReady(true)
                        .setSvidNotAfterEpochSeconds(NOW.getEpochSecond() + 3600)).build())
                .answer("Probe", probe(name, false)));
        return this;
    }

    static TrustStatus trustStatus(String domain, Duration left) {
        return TrustStatus.newBuilder().setTrustDomain(domain)
                .addAuthorities(Authority.newBuilder().setKind("root")
                        .setNotAfterEpochSeconds(NOW.plus(left).getEpochSecond()))
                .addBundles(BundleStatus.newBuilder().setTrustDomain(domain).setDigestSha256("d-" + domain)).build();
    }

    static ProbeResponse probe(String servedBy, boolean viaGateway) {
        return ProbeResponse.newBuilder().addResults(ProbeResult.newBuilder().setStatus(200).setServedBy(servedBy)
                .setPeerIdentity("spiffe://" + servedBy + ".mesh/ns/meshctl-system/sa/probe")
                .setViaGateway(viaGateway).setDurationUs(1500)).build();
    }

    static ListLinksResponse link(String peer, String phase) {
        return link(peer, phase, "1.4.0");
    }

    static ListLinksResponse link(String peer, String phase, String version) {
        return ListLinksResponse.newBuilder().addLinks(LinkView.newBuilder().setPeer(peer)
                .setTrustDomain(peer + ".mesh").setPhase(phase).setReason("why").setPeerVersion(version)).build();
    }

    FakeChannel control(String name) {
        return control.getOrDefault(name, new FakeChannel());
    }

    FakeChannel trust(String name) {
        return trust.getOrDefault(name, new FakeChannel());
    }

    FakeChannel proxy(String name) {
        return proxy.getOrDefault(name, new FakeChannel());
    }

    Fleet fleet() {
        return new Fleet("", control.keySet().stream().map(this::known).toList());
    }

    @Override
    public AdminGrpc.AdminBlockingStub admin(Cluster cluster) {
        return AdminGrpc.newBlockingStub(control(cluster.name()));
    }

    @Override
    public List<AdminGrpc.AdminBlockingStub> admins(Cluster cluster) {
        return List.of(admin(cluster));
    }

    @Override
    public TrustAdminGrpc.TrustAdminBlockingStub trust(Cluster cluster) {
        return TrustAdminGrpc.newBlockingStub(trust(cluster.name()));
    }

    @Override
    public ProxyAdminGrpc.ProxyAdminBlockingStub proxy(Cluster cluster) {
        return ProxyAdminGrpc.newBlockingStub(proxy(cluster.name()));
    }

    @Override
    public ProxyAdminGrpc.ProxyAdminBlockingStub proxy(Cluster cluster, Destination.InPod pod) {
        return ProxyAdminGrpc.newBlockingStub(pod(pod.namespace() + "/" + pod.pod()));
    }

    @Override
    public ProxyAdminGrpc.ProxyAdminStub proxyStreams(Cluster cluster) {
        return ProxyAdminGrpc.newStub(proxy(cluster.name()));
    }

    @Override
    public ClusterProcesses processes(Cluster cluster) {
        if (!cluster.isLocal()) {
            return ClusterProcesses.unreachable("the API server takes no connection");
        }
        return new ClusterProcesses(true, true,
                List.of(new ComponentProcess("control-plane", 7, true, false, false, 0, "", 1, List.of())));
    }

    @Override
    public Cluster add(NewCluster wanted) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean install(Cluster cluster, Progress progress) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void uninstall(Cluster cluster, Progress progress) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void hold(Cluster cluster, String component) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void release(Cluster cluster, String component) {
        throw new UnsupportedOperationException();
    }

    @Override
    public TrustBundle bundle(Cluster cluster) {
        throw CliError.failed("cluster " + cluster.name() + " has no bundle");
    }

    @Override
    public void close() {}
}
