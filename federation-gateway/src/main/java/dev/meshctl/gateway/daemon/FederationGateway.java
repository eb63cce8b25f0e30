package dev.meshctl.gateway.daemon;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.GatewayHello;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.gateway.link.JoinService;
import dev.meshctl.gateway.link.LinkJoiner;
import dev.meshctl.gateway.peering.LinkBundles;
import dev.meshctl.gateway.peering.Peers;
import dev.meshctl.gateway.relay.EastWestListener;
import dev.meshctl.gateway.relay.RouteTable;
import dev.meshctl.gateway.relay.Transport;
import dev.meshctl.gateway.state.ControlSession;
import dev.meshctl.gateway.state.ImportStore;
import dev.meshctl.gateway.state.StateStore;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.attest.WorkloadIdentity;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.BundleFile;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.Daemon;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.MetricsServer;
import dev.meshctl.runtime.daemon.Tokens;
import dev.meshctl.runtime.file.PrivateDirectory;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.tls.MeshTls;
import io.grpc.Server;
import io.netty.channel.local.LocalAddress;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * The only process of a cluster that other clusters reach: relays calls between them by server name, keeps the
 * peering stream to each linked mesh, and answers link handshakes. Works from its own disk while its control
 * plane is away.
 */
public final class FederationGateway implements Daemon.Running {
    private static final Logger LOG = System.getLogger(FederationGateway.class.getName());
    /** For all threads. */
    private static final RandomGenerator RANDOM = () -> ThreadLocalRandom.current().nextLong();
    private static final Duration DRAIN = Duration.ofSeconds(4);
    private static final Duration TICK = Duration.ofMillis(200);
    private static final Duration SHORTEST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    /** Closed in reverse order of opening. */
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Counters counters = new Counters();
    private final GatewaySetup setup;
    private final InstantSource clock;
    private final StateStore state;
    private final ControlSession control;
    private final Peers peers;
    private final EastWestListener port;
    private final MetricsServer metrics;
    private volatile RouteTable routes;

    private FederationGateway(GatewaySetup setup, SvidSource svid, LinkBundles bundles, InstantSource clock)
            throws IOException {
        this.setup = setup;
        this.clock = clock;
        try {
            PrivateDirectory.create(setup.dataDir());
            state = opened(StateStore.open(
                    setup.dataDir().resolve("state.pb"), setup.cluster(), setup.trustDomain(), counters));
            routes = RouteTable.empty(setup.cluster(), setup.trustDomain());
            SpiffeId controlPlane = SpiffeId.of(setup.trustDomain(), SystemIdentity.CONTROL_PLANE);
            control = opened(new ControlSession(
                    MeshChannel.builder(setup.controlPlane(), svid, bundles, controlPlane::equals, null).build(),
                    this::hello, state::apply, backoff(), counters));
            LinkJoiner joiner = new LinkJoiner(setup.cluster(), setup.trustDomain(), this::advertised, bundles,
                    setup.dataDir().resolve("joined"));
            ImportStore imports = new ImportStore(setup.dataDir().resolve("imports"), counters);
            peers = new Peers(setup.cluster(), setup.trustDomain(), setup.process().version(), this::advertised, new Peers.Tools(
                    svid, bundles, joiner, imports, FederationGateway::backoff, clock, counters), control);
            Transport transport = opened(Transport.open());
            port = listen(transport, svid, bundles);
            opened(peers);
            metrics = opened(new MetricsServer(setup.metrics(), this::metricsText, this::notReady));
            state.onChange(this::apply);
            apply(state.current());
            control.start(peers);
            startClock();
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Starts a gateway: gets its identity, opens its port, connects to its control plane. Returns when the
     * port serves; a control plane that is away is waited for in the background.
     *
     * @throws ConfigException if a setting is missing or wrong
     * @throws Exception if there is no identity, an address is in use, or a file cannot be read
     */
    public static FederationGateway start(DaemonConfig config, InstantSource clock) throws Exception {
        GatewaySetup setup = GatewaySetup.of(config);
        HostPort trustBridge = config.trustBridge();
        if (trustBridge == null) {
            throw new ConfigException(config.dataDir() + ": the configuration lacks \"trustBridge\"");
        }
        TrustDomain own = config.trustDomain();
        LinkBundles bundles = new LinkBundles(own, BundleFile.read(config), new Counters());
        PrivateDirectory.create(config.dataDir());
        TrustBridgeClient client = new TrustBridgeClient(trustBridge, own, bundles, config.bundle());
        SystemIdentity part = SystemIdentity.FEDERATION_GATEWAY;
        WorkloadIdentity identity = WorkloadIdentity.start(new WorkloadIdentity.Attestation(
                SpiffeId.of(own, part), client, new SvidKeystore(config.dataDir().resolve("svid.pem")),
                Tokens.of(config, part.serviceAccount()), clock));
        FederationGateway gateway = start(setup, identity, bundles, clock);
        gateway.opened(client);
        gateway.opened(identity);
        gateway.opened(client.watchBundles(identity, all -> all.of(own).ifPresent(gateway.peers::heardOwnBundle)));
        return gateway;
    }

    /** Starts with an identity that is there already. */
    static FederationGateway start(GatewaySetup setup, SvidSource svid, LinkBundles bundles, InstantSource clock)
            throws IOException {
        return new FederationGateway(setup, svid, bundles, clock);
    }

    private EastWestListener listen(Transport transport, SvidSource svid, LinkBundles bundles) throws IOException {
        String unique = UUID.randomUUID().toString();
        LocalAddress peering = new LocalAddress("peering-" + unique);
        LocalAddress link = new LocalAddress("link-" + unique);
        openedServer(LocalServer.start(peering, transport,
                MeshTls.server(svid, bundles, ClientAuth.REQUIRE, List.of("h2"), counters), peers.service(),
                Peers.MAX_MESSAGE_BYTES, counters, List.of(LocalServer.only(peers::mayPeer, counters))));
        openedServer(LocalServer.start(link, transport,
                MeshTls.server(svid, bundles, ClientAuth.NONE, List.of("h2")),
                new JoinService(setup.cluster(), control::decide, clock, JoinService.DECISION_TIMEOUT, counters),
                JoinService.MAX_REQUEST_BYTES, counters, List.of(JoinService.sources())));
        EastWestListener listener = EastWestListener.open(transport, new EastWestListener.Setup(setup.eastWest(),
                setup.transitSources(), () -> routes, peering, link, setup.limits(), counters, clock,
                RANDOM));
        open.push(() -> listener.drain(DRAIN));
        return listener;
    }

    private <T extends AutoCloseable> T opened(T part) {
        open.push(part);
        return part;
    }

    private void openedServer(Server server) {
        open.push(() -> {
            server.shutdownNow();
            server.awaitTermination(2, TimeUnit.SECONDS);
        });
    }

    private static Backoff backoff() {
        return new Backoff(SHORTEST_WAIT, LONGEST_WAIT, RANDOM);
    }

    private void apply(GatewayState next) {
        routes = RouteTable.of(setup.cluster(), setup.trustDomain(), next, why -> {
            counters.increment("state_entry_ignored");
            LOG.log(Level.WARNING, "ignored a part of the state: " + why);
        });
        port.routesChanged();
        peers.apply(next);
    }

    private void startClock() {
        ScheduledExecutorService ticker = opened(Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("gateway-clock").factory()));
        ticker.scheduleWithFixedDelay(this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void tick() {
        try {
            peers.tick(clock.instant());
        } catch (RuntimeException e) {
            // The next tick comes all the same: without it, no peer would ever be found to be away.
            counters.increment("tick_failed");
            LOG.log(Level.ERROR, "a tick of the gateway's clock failed", e);
        }
    }

    private GatewayHello hello() {
        return GatewayHello.newBuilder().setNode(setup.process().node()).addAllAddresses(advertised())
                .setVersion(setup.process().version()).build();
    }

    private List<String> advertised() {
        return setup.addresses(state.current().getAddressesList(), port.address());
    }

    /** Why the gateway should not be sent anything yet. */
    private Optional<String> notReady() {
        return state.current().getVersion() > 0 ? Optional.empty()
                : control.problem().map(problem -> "no state yet: " + problem);
    }

    private String metricsText() {
        return GatewayMetrics.text(counters, port, peers.count(), control.problem().isEmpty());
    }

    /** What happened, by cause. */
    public Counters counters() {
        return counters;
    }

    boolean isControlPlaneConnected() {
        return control.problem().isEmpty();
    }

    int linkCount() {
        return peers.count().total();
    }

    @Override
    public Map<String, String> listening() {
        return Map.of("east-west", HostPort.of(port.address()).toString(),
                "metrics", HostPort.of(metrics.address()).toString());
    }

    /** Says goodbye to peers, lets open relays end for up to 4 s, then closes everything. */
    @Override
    public void close() {
        while (!open.isEmpty()) {
            AutoCloseable part = open.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.log(Level.WARNING, "closing " + part.getClass().getSimpleName() + " failed", e);
            }
        }
    }
}
