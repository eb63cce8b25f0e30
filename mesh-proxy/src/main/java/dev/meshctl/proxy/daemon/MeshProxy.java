package dev.meshctl.proxy.daemon;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.proxy.admin.ProxyAdminService;
import dev.meshctl.proxy.config.MeshConfig;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FlowObserver;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.host.HostSetup;
import dev.meshctl.proxy.host.Identities;
import dev.meshctl.proxy.host.Listeners;
import dev.meshctl.proxy.host.ProbeWorkload;
import dev.meshctl.proxy.host.Workload;
import dev.meshctl.proxy.host.WorkloadHost;
import dev.meshctl.proxy.host.WorkloadReport;
import dev.meshctl.proxy.telemetry.AccessLog;
import dev.meshctl.proxy.telemetry.FlowTelemetry;
import dev.meshctl.proxy.telemetry.TelemetryPush;
import dev.meshctl.proxy.tls.WorkloadTls;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.Daemon;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.LogLevels;
import dev.meshctl.runtime.daemon.MetricsServer;
import dev.meshctl.runtime.daemon.Tokens;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The proxy: one process, many workloads. Starts and serves from its directory when neither the control plane nor the
 * trust bridge answers, as long as the SVIDs there are valid.
 */
public final class MeshProxy implements Daemon.Running {
    private static final Duration BACKOFF_BASE = Duration.ofMillis(200);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(5);

    private final Closing closing = new Closing();
    private final Counters counters = new Counters();
    private final DaemonConfig daemon;
    private final InstantSource clock;
    private final RandomGenerator random = new SecureRandom();

    private final MeshConfig config;
    private final SvidSource node;
    private final WorkloadHost host;
    private final InetSocketAddress adminAddress;
    private final InetSocketAddress metricsAddress;

    private MeshProxy(DaemonConfig daemon, InstantSource clock, ProxyBounds bounds) throws Exception {
        this.daemon = daemon;
        this.clock = clock;
        try {
            HostPort trustBridge = required(daemon.trustBridge(), "trustBridge");
            HostPort controlPlane = required(daemon.controlPlane(), "controlPlane");
            PrivateDirectory.create(daemon.dataDir());
            this.config = closing.add("configuration", MeshConfig.open(
                    daemon.dataDir().resolve("cache"), bootstrapBundle(), bounds.config(), clock, counters));
            TrustBridgeClient bridge = closing.add("trust bridge client",
                    new TrustBridgeClient(trustBridge, daemon.trustDomain(), config.bundles(), daemon.bundle()));
            Identities identities = new BridgeIdentities(bridge, clock);
            this.node = nodeIdentity(identities);
            ManagedChannel channel = channel(controlPlane);

            FlowTelemetry telemetry = new FlowTelemetry();
            AccessLog accessLog = closing.add("access log",
                    new AccessLog(() -> config.settings().getAccessLog(), counters));
            EventLoops loops = closing.add("event loops", EventLoops.start());
            config.onDistrust(loops.trustedPeers()::recheck);
            HostSetup setup = setup(identities, loops, bounds.traffic(), flow -> {
                telemetry.finished(flow);
                accessLog.finished(flow);
            });
            this.host = closing.add("workloads", new WorkloadHost(setup));
            report(channel);
            push(channel, telemetry);
            ProbeWorkload probe = closing.add("probe workload", ProbeWorkload.start(
                    host, setup, loops, tokens(SystemIdentity.PROBE), random));
            config.connect(channel, daemon.node(), daemon.cluster(), random);
            MetricsPage page = new MetricsPage(telemetry, loops, config, host, node, counters, clock);
            this.adminAddress = admin(probe, page);
            this.metricsAddress = metrics(page);
        } catch (Exception e) {
            closing.close();
            throw e;
        }
    }

    /**
     * Starts a proxy; returns when it serves.
     *
     * @throws Exception if an address is in use, a file is broken, or no identity can be had; the message says which
     */
    public static MeshProxy start(DaemonConfig config, InstantSource clock) throws Exception {
        return start(config, clock, ProxyBounds.DEFAULT);
    }

    /** The same within other bounds. */
    static MeshProxy start(DaemonConfig config, InstantSource clock, ProxyBounds bounds) throws Exception {
        return new MeshProxy(config, clock, bounds);
    }

    private <T> T required(@Nullable T value, String field) throws ConfigException {
        if (value == null) {
            throw new ConfigException(daemon.dataDir() + ": the configuration lacks \"" + field + "\"");
        }
        return value;
    }

    private TrustBundle bootstrapBundle() throws IOException, ConfigException {
        Path file = daemon.bundle();
        byte[] document = DurableFile.read(file, SpiffeJson.MAX_BYTES).orElseThrow(() -> new ConfigException(
                "the bundle " + file + " of this mesh is missing; install the cluster again"));
        try {
            return SpiffeJson.read(daemon.trustDomain(), document);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("the bundle " + file + " is broken: " + e.getMessage(), e);
        }
    }

    private SvidSource nodeIdentity(Identities identities) throws Exception {
        return closing.add("node identity", identities.attest(
                SpiffeId.of(daemon.trustDomain(), SystemIdentity.PROXY),
                daemon.dataDir().resolve("node.pem"),
                tokens(SystemIdentity.PROXY)));
    }

    private Tokens tokens(SystemIdentity part) {
        return Tokens.of(daemon, part.serviceAccount());
    }

    private ManagedChannel channel(HostPort controlPlane) {
        SpiffeId expected = SpiffeId.of(daemon.trustDomain(), SystemIdentity.CONTROL_PLANE);
        ManagedChannel channel =
                MeshChannel.builder(controlPlane, node, config.bundles(), expected::equals, null).build();
        closing.add("control plane channel", () -> {
            channel.shutdownNow();
            channel.awaitTermination(2, TimeUnit.SECONDS);
        });
        return channel;
    }

    private HostSetup setup(Identities identities, EventLoops loops, Limits limits, FlowObserver observer) {
        return new HostSetup(
                daemon.node(),
                daemon.cluster(),
                daemon.trustDomain(),
                daemon.option("workload-range", ""),
                daemon.dataDir().resolve("svids"),
                identities,
                Listeners.on(loops),
                svids -> new WorkloadTls(svids, config.bundles()),
                config::access,
                () -> config.settings().getPermissive(),
                config.discovery(),
                observer,
                limits,
                clock,
                counters);
    }

    private void report(ManagedChannel channel) {
        WorkloadReport report = closing.add("workload report", WorkloadReport.start(
                channel, daemon.node(), version(), WorkloadReport.DEFAULT_PERIOD,
                () -> host.list().stream().map(Workload::toProto).toList(), backoff(), counters));
        host.onChange(report::changed);
    }

    private void push(ManagedChannel channel, FlowTelemetry telemetry) {
        TelemetryPush push = closing.add("telemetry", new TelemetryPush(daemon.node(), telemetry, channel,
                () -> Duration.ofMillis(Integer.toUnsignedLong(config.settings().getTelemetryWindowMs())),
                clock, backoff(), counters));
        push.start();
    }

    private Backoff backoff() {
        return new Backoff(BACKOFF_BASE, BACKOFF_MAX, random);
    }

    private InetSocketAddress admin(ProbeWorkload probe, MetricsPage page) throws Exception {
        TrustDomain own = daemon.trustDomain();
        ProxyAdminService service = new ProxyAdminService(
                daemon.node(), daemon.cluster(), version(), clock.instant(), host, probe, false, config,
                page::write, closing.add("log level", new LogLevels(clock)));
        InetSocketAddress bind = daemon.listenAddress("admin");
        Server server = MeshServer.builder(bind, node, config.bundles(), ClientAuth.REQUIRE, counters)
                .addService(ServerInterceptors.intercept(
                        service, MeshServer.require(SpiffeId.of(own, SystemIdentity.ADMIN)::equals)))
                .build();
        try {
            server.start();
        } catch (IOException e) {
            throw new IOException("cannot listen on " + bind + " for the admin API: "
                    + (e.getCause() == null ? e.getMessage() : e.getCause().getMessage()), e);
        }
        closing.add("admin API", () -> {
            server.shutdownNow();
            server.awaitTermination(2, TimeUnit.SECONDS);
        });
        return (InetSocketAddress) server.getListenSockets().getFirst();
    }

    private InetSocketAddress metrics(MetricsPage page) throws Exception {
        MetricsServer server = closing.add("metrics",
                new MetricsServer(daemon.listenAddress("metrics"), page::write, this::notReady));
        return server.address();
    }

    /** Why this proxy should not be relied on; empty if it should. */
    Optional<String> notReady() {
        if (clock.instant().isAfter(node.current().notAfter())) {
            return Optional.of("the identity of this proxy ended at " + node.current().notAfter()
                    + "; is the trust bridge running?");
        }
        if (config.settings().getCluster().isEmpty()) {
            return Optional.of("no configuration yet, and none kept on disk"
                    + (config.status().connected() ? "" : ": " + config.status().error()));
        }
        return Optional.empty();
    }

    static String version() {
        String version = MeshProxy.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }

    /** The addresses of {@code admin} and {@code metrics}. */
    @Override
    public Map<String, String> listening() {
        return Map.of(
                "admin", HostPort.of(adminAddress).toString(),
                "metrics", HostPort.of(metricsAddress).toString());
    }

    /** Stops serving; within five seconds. */
    @Override
    public void close() {
        closing.close();
    }
}
