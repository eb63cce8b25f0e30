package dev.meshctl.proxy.daemon;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.proxy.admin.ProxyAdminService;
import dev.meshctl.proxy.config.MeshConfig;
import dev.meshctl.proxy.dns.DnsServer;
import dev.meshctl.proxy.dns.ResolvConf;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FlowObserver;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.host.HostSetup;
import dev.meshctl.proxy.host.Identities;
import dev.meshctl.proxy.host.PodProber;
import dev.meshctl.proxy.host.PodWorkload;
import dev.meshctl.proxy.host.WorkloadHost;
import dev.meshctl.proxy.sidecar.BundleFile;
import dev.meshctl.proxy.sidecar.Drain;
import dev.meshctl.proxy.sidecar.GracePeriod;
import dev.meshctl.proxy.sidecar.ProjectedToken;
import dev.meshctl.proxy.sidecar.SidecarConfig;
import dev.meshctl.proxy.sidecar.SidecarListeners;
import dev.meshctl.proxy.telemetry.AccessLog;
import dev.meshctl.proxy.telemetry.FlowTelemetry;
import dev.meshctl.proxy.telemetry.TelemetryPush;
import dev.meshctl.proxy.tls.WorkloadTls;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.HttpPort.Document;
import dev.meshctl.runtime.daemon.LogLevels;
import dev.meshctl.runtime.daemon.MetricsServer;
import dev.meshctl.runtime.file.PrivateDirectory;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.identity.Svid;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The proxy of one pod, beside its application: a pod's identity is the proxy's own. Started anew, it serves from its
 * directory when neither the control plane nor the trust bridge answers, as long as its SVID is valid.
 */
final class SidecarProxy implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(SidecarProxy.class.getName());

    private final Closing closing = new Closing();
    private final Counters counters = new Counters();
    private final RandomGenerator random = new SecureRandom();
    private final SidecarConfig sidecar;
    private final InstantSource clock;
    private final GracePeriod gracePeriod;
    private final MeshConfig config;
    private final Identities.Lease identity;
    private final EventLoops loops;
    private final WorkloadHost host;
    private final PodWorkload pod;
    private final Map<String, InetSocketAddress> listening;

    private SidecarProxy(SidecarConfig sidecar, ResolvConf resolvers, InstantSource clock, ProxyBounds bounds)
            throws Exception {
        this.sidecar = sidecar;
        this.clock = clock;
        this.gracePeriod = new GracePeriod(sidecar.ending(), System::nanoTime);
        try {
            PrivateDirectory.create(sidecar.stateDirectory());
            this.config = closing.add("configuration", MeshConfig.open(
                    sidecar.stateDirectory().resolve("cache"),
                    BundleFile.read(sidecar.bundleFile(), sidecar.identity().trustDomain()),
                    bounds.config(), clock, counters));
            TrustBridgeClient bridge = closing.add("trust bridge client", new TrustBridgeClient(
                    sidecar.trustBridge(), sidecar.identity().trustDomain(), config.bundles()));
            this.identity = closing.add("identity", new BridgeIdentities(bridge, clock).attest(sidecar.identity(),
                    sidecar.stateDirectory().resolve("svid.pem"), new ProjectedToken(sidecar.tokenFile())));
            ManagedChannel channel = channel();
            FlowTelemetry telemetry = new FlowTelemetry();
            AccessLog accessLog = closing.add("access log",
                    new AccessLog(() -> config.settings().getAccessLog(), counters));
            this.loops = closing.add("event loops", EventLoops.start());
            config.onDistrust(loops.trustedPeers()::recheck);
            DnsServer dns = closing.add("DNS",
                    new DnsServer(config.discovery(), loops, resolvers, sidecar::ipv6, counters));
            this.host = closing.add("workload", new WorkloadHost(setup(dns, bounds.traffic(), flow -> {
                telemetry.finished(flow);
                accessLog.finished(flow);
            })));
            push(channel, telemetry);
            this.pod = closing.add("pod", PodWorkload.start(
                    host, sidecar.podName(), sidecar.identity(), sidecar.address(), counters, random));
            config.watch(sidecar.address(), pod::told);
            config.connect(channel, sidecar.node(), sidecar.cluster(), random);
            InetSocketAddress dnsAddress = dns(dns);
            MetricsPage page = new MetricsPage(telemetry, loops, config, host, identity, counters, clock);
            this.listening = Map.of("dns", dnsAddress, "admin", admin(page), "metrics", metrics(page));
        } catch (Exception e) {
            closing.close();
            throw e;
        }
    }

    /**
     * Starts it; returns when it listens, though it may not be ready yet.
     *
     * @param bounds how long it waits, and how much it takes
     * @throws Exception if an address is in use, a file is broken, or no identity can be had; the message says which
     */
    static SidecarProxy start(SidecarConfig config, ResolvConf resolvers, InstantSource clock, ProxyBounds bounds)
            throws Exception {
        return new SidecarProxy(config, resolvers, clock, bounds);
    }

    private ManagedChannel channel() {
        SpiffeId expected = SpiffeId.of(sidecar.identity().trustDomain(), SystemIdentity.CONTROL_PLANE);
        ManagedChannel channel = MeshChannel.builder(
                sidecar.controlPlane(), identity, config.bundles(), expected::equals, null).build();
        closing.add("control plane channel", () -> {
            channel.shutdownNow();
            channel.awaitTermination(2, TimeUnit.SECONDS);
        });
        return channel;
    }

    private HostSetup setup(DnsServer dns, Limits limits, FlowObserver observer) {
        return new HostSetup(
                sidecar.node(),
                sidecar.cluster(),
                sidecar.identity().trustDomain(),
                "",
                sidecar.stateDirectory().resolve("workload"),
                (id, keystore, token) -> new Shared(identity),
                new SidecarListeners(sidecar, loops),
                svids -> new WorkloadTls(svids, config.bundles()),
                config::access,
                () -> config.settings().getPermissive(),
                dns.discovery(),
                observer,
                limits,
                clock,
                counters);
    }

    /** The pod's identity, which lives longer than its hosting. */
    private record Shared(Identities.Lease identity) implements Identities.Lease {
        @Override
        public Svid current() {
            return identity.current();
        }

        @Override
        public Subscription onChange(Consumer<Svid> listener) {
            return identity.onChange(listener);
        }

        @Override
        public void close() {
            // The proxy closes it when it ends.
        }
    }

    private void push(ManagedChannel channel, FlowTelemetry telemetry) {
        TelemetryPush push = closing.add("telemetry", new TelemetryPush(sidecar.node(), telemetry, channel,
                () -> Duration.ofMillis(Integer.toUnsignedLong(config.settings().getTelemetryWindowMs())),
                clock, new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5), random), counters));
        push.start();
    }

    private InetSocketAddress dns(DnsServer dns) throws IOException {
        InetSocketAddress first = null;
        for (InetSocketAddress address : sidecar.dnsAddresses()) {
            InetSocketAddress opened = dns.open(address);
            first = first == null ? opened : first;
        }
        if (first == null) {
            throw new IllegalStateException("DNS has no address");
        }
        return first;
    }

    private InetSocketAddress admin(MetricsPage page) throws Exception {
        ProxyAdminService service = new ProxyAdminService(
                sidecar.node(), sidecar.cluster(), MeshProxy.version(), clock.instant(), host,
                new PodProber(host, loops), true, config,
                page::write, closing.add("log level", new LogLevels(clock)));
        InetSocketAddress bind = new InetSocketAddress(InetAddress.getLoopbackAddress(), sidecar.ports().admin());
        Server server = MeshServer.builder(bind, identity, config.bundles(), ClientAuth.REQUIRE, counters)
                .addService(ServerInterceptors.intercept(service, MeshServer.require(
                        SpiffeId.of(sidecar.identity().trustDomain(), SystemIdentity.ADMIN)::equals)))
                .build();
        try {
            server.start();
        } catch (IOException e) {
            throw new IOException("cannot listen on " + bind + " for the admin API: " + e.getMessage(), e);
        }
        closing.add("admin API", () -> {
            server.shutdownNow();
            server.awaitTermination(2, TimeUnit.SECONDS);
        });
        return (InetSocketAddress) server.getListenSockets().getFirst();
    }

    private InetSocketAddress metrics(MetricsPage page) throws IOException {
        // The kubelet and scrapers come from outside of the pod.
        Map<String, Supplier<Document>> more = new HashMap<>(sidecar.probes().documents(sidecar.address()));
        more.put(GracePeriod.BEGINS, () -> {
            gracePeriod.begins();
            return Document.text(200, "text/plain; charset=utf-8", "ok\n");
        });
        return closing.add("metrics", new MetricsServer(
                new InetSocketAddress(sidecar.ports().outside(), sidecar.ports().metrics()), page::write, this::notReady,
                more)).address();
    }

    /** Why the application should not start, or be called, yet; empty if it may. */
    Optional<String> notReady() {
        if (clock.instant().isAfter(identity.current().notAfter())) {
            return Optional.of("the identity of this pod ended at " + identity.current().notAfter()
                    + "; is the trust bridge running?");
        }
        if (config.settings().getCluster().isEmpty()) {
            return Optional.of("no configuration yet, and none kept on disk"
                    + (config.status().connected() ? "" : ": " + config.status().error()));
        }
        return pod.problem();
    }

    /** Where it listens: {@code dns}, {@code admin} and {@code metrics}. */
    InetSocketAddress listening(String name) {
        InetSocketAddress address = listening.get(name);
        if (address == null) {
            throw new IllegalArgumentException("no listener " + name);
        }
        return address;
    }

    /**
     * Ends gently, as the pod does, within what is left of its grace period. To be closed afterwards.
     */
    void end() {
        Drain drain = drainNow();
        LOG.log(Level.INFO, "the pod ends: serving for {0} s, then open requests have {1} s",
                drain.delay().toSeconds(), drain.bound().toSeconds());
        drain(drain.delay(), drain.bound());
    }

    /** How it would end now. */
    Drain drainNow() {
        return gracePeriod.drain();
    }

    /** Serves on for the delay, then lets requests that are open finish within the bound. */
    void drain(Duration delay, Duration bound) {
        try {
            int cut = pod.drain(delay, bound);
            if (cut > 0) {
                counters.increment("drain_cut_connections");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What it hosts: the pod, once there is a word of it. */
    WorkloadHost host() {
        return host;
    }

    Counters counters() {
        return counters;
    }

    @Override
    public void close() {
        closing.close();
    }
}
