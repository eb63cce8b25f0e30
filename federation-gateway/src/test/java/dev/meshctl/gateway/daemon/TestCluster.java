package dev.meshctl.gateway.daemon;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.control.LinkStatus;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.api.proto.control.RelayTarget;
import dev.meshctl.gateway.peering.LinkBundles;
import dev.meshctl.gateway.relay.RelayLimits;
import dev.meshctl.gateway.state.ImportStore;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.ProcessDescription;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.testing.HeldPort;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One cluster as far as its gateway sees it: an authority, a control plane, a state to edit and push. */
final class TestCluster implements AutoCloseable {
    /** As by default, but for a busy machine: time to say something, and to connect. */
    private static final RelayLimits LIMITS = new RelayLimits(RelayLimits.DEFAULT.maxConnections(), Duration.ofSeconds(60),
            Duration.ofSeconds(30), RelayLimits.DEFAULT.maxAttempts(), RelayLimits.DEFAULT.idleTimeout(),
            RelayLimits.DEFAULT.withdrawalGrace());

    final String name;
    final TrustDomain domain;
    final TestAuthority authority;
    final FakeControlPlane control;
    final MovableClock clock = new MovableClock();
    final GatewayState.Builder state;
    private final Path directory;
    /** That the gateway says it is of, from its next start on. */
    String version = "1.4.0";
    private final HeldPort port = new HeldPort();
    private @Nullable FederationGateway gateway;

    TestCluster(String name, Path directory) throws IOException {
        this.name = name;
        this.domain = TrustDomain.ofCluster(name);
        this.authority = new TestAuthority(domain);
        this.control = new FakeControlPlane(authority);
        this.directory = directory.resolve(name);
        this.state = GatewayState.newBuilder().setCluster(name).setTrustDomain(domain.name());
        push();
        start();
    }

    void start() throws IOException {
        gateway = FederationGateway.start(new GatewaySetup(name, domain, new ProcessDescription("node", version), directory,
                port.address(), new InetSocketAddress("127.0.0.1", 0), control.address(), List.of(), List.of(), LIMITS),
                gatewayIdentity(), new LinkBundles(domain, authority.bundle(), new Counters()), clock);
    }

    void stop() {
        gateway().close();
        gateway = null;
    }

    void restart() throws IOException {
        stop();
        start();
    }

    /** The bundle of a peer that is on this gateway's disk. */
    Optional<ByteString> keptBundle(TestCluster peer) throws IOException {
        return new ImportStore(directory.resolve("imports"), new Counters()).load(peer.name)
                .flatMap(kept -> Optional.ofNullable(kept.bundle())).map(BundleUpdate::getBundle);
    }

    FederationGateway gateway() {
        if (gateway == null) {
            throw new IllegalStateException("the gateway of " + name + " is stopped");
        }
        return gateway;
    }

    SvidSource gatewayIdentity() {
        return TestAuthority.fixed(issue(SpiffeId.of(domain, SystemIdentity.FEDERATION_GATEWAY)));
    }

    Svid issue(SpiffeId id) {
        return authority.issue(id, Duration.ofHours(1));
    }

    String address() {
        return String.valueOf(gateway().listening().get("east-west"));
    }

    ByteString bundle() {
        return json(authority.bundle());
    }

    static ByteString json(TrustBundle bundle) {
        return ByteString.copyFrom(SpiffeJson.write(bundle));
    }

    long count(String cause) {
        return gateway().counters().count(cause);
    }

    LinkStatus status(TestCluster peer) {
        return control.statuses.getOrDefault(peer.name, LinkStatus.getDefaultInstance());
    }

    PeerImports imports(TestCluster peer) {
        return control.imports.getOrDefault(peer.name, PeerImports.getDefaultInstance());
    }

    List<String> importedNames(TestCluster peer) {
        return imports(peer).getServicesList().stream().map(ExportedService::getName).sorted().toList();
    }

    void push() {
        control.push(state.setVersion(state.getVersion() + 1).build());
    }

    /** A link as its control plane would store it. */
    Link.Builder linkTo(TestCluster peer) {
        return Link.newBuilder().setPeer(peer.name).setTrustDomain(peer.domain.name()).setBundle(peer.bundle());
    }

    void link(Link.Builder link) {
        state.addLinks(link);
        push();
    }

    /** Both control planes know the link already; this side dials. */
    void linkWith(TestCluster peer) {
        peer.link(peer.linkTo(this));
        link(linkTo(peer).addAddresses(peer.address()).setDialer(true));
    }

    void export(String service, int ready, RelayTarget... targets) {
        state.addExports(LocalExport.newBuilder().setService(exported(service, ready)).addAllTargets(List.of(targets)));
        push();
    }

    void exportAnew(int index, int ready) {
        state.setExports(index, LocalExport.newBuilder()
                .setService(exported(state.getExports(index).getService().getName(), ready)));
        push();
    }

    ExportedService exported(String service, int ready) {
        return ExportedService.newBuilder().setName(service).setNamespace("shop").setCluster(name)
                .addPorts(ExportedPort.newBuilder().setNumber(80))
                .addVersions(ExportedVersion.newBuilder().setVersion("v1").setReady(ready).setTotal(ready)
                        .addIdentities("spiffe://" + domain + "/ns/shop/sa/" + service)).build();
    }

    @Override
    public void close() throws Exception {
        if (gateway != null) {
            gateway.close();
        }
        control.close();
        port.close();
    }
}
