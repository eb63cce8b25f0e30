package dev.meshctl.control;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.control.platform.Platform;
import dev.meshctl.control.telemetry.TelemetryService;
import dev.meshctl.kubernetes.client.ApiClients;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.Daemon;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.MetricsServer;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.net.HostPort;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.ClientAuth;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;


/**
 * The control plane of one mesh, serving. Its state is in {@link DaemonConfig#dataDir()}; a process that is
 * killed goes on from there.
 */
public final class ControlPlane implements Daemon.Running {
    private static final System.Logger LOG = System.getLogger(ControlPlane.class.getName());
    private static final long STOP_SECONDS = 3;

    private final Deque<AutoCloseable> closing = new ArrayDeque<>();
    private Map<String, String> listening = Map.of();

    private ControlPlane() {}

    /**
     * Starts it; serves when this returns.
     *
     * @param config with {@code listen.api} and {@code listen.metrics}; options {@code region} and {@code zone}. With
     *     option {@code platform} {@code kubernetes} also {@code listen.webhooks}, and options {@code namespace}, {@code
     *     revision}, {@code promoted}, {@code lease}, {@code webhook-ca-secret} and {@code injection}
     * @throws Exception if it cannot start: no identity, an address in use, state that cannot be read. Nothing is
     *     left running then
     */
    public static ControlPlane start(DaemonConfig config, InstantSource clock) throws Exception {
        ControlPlane plane = new ControlPlane();
        try {
            plane.serve(config, clock, Identity.attest(config, clock, plane.closing::push), ControlPlane::inCluster);
            return plane;
        } catch (Exception e) {
            plane.close();
            throw e;
        }
    }

    private static KubernetesClient inCluster(Counters counters) {
        return ApiClients.inCluster(ApiClients.Manners.PATIENT.counting(counters::increment));
    }

    static ControlPlane start(DaemonConfig config, InstantSource clock, Identity identity) throws Exception {
        return start(config, clock, identity, ControlPlane::inCluster);
    }

    static ControlPlane start(DaemonConfig config, InstantSource clock, Identity identity, Function<Counters, KubernetesClient> apiServer)
            throws Exception {
        ControlPlane plane = new ControlPlane();
        try {
            plane.serve(config, clock, identity, apiServer);
            return plane;
        } catch (Exception e) {
            plane.close();
            throw e;
        }
    }

    private void serve(DaemonConfig config, InstantSource clock, Identity identity, Function<Counters, KubernetesClient> apiServer)
            throws Exception {
        ControlParts parts = new ControlParts(config, clock, identity, apiServer, closing::push);
        Server server = server(config, identity, parts);
        closing.push(() -> stop(server, parts));
        server.start();
        MetricsServer metrics =
                new MetricsServer(config.listenAddress("metrics"), parts::metrics, Optional::empty);
        closing.push(metrics);
        parts.begin();
        Map<String, String> addresses = new TreeMap<>(parts.platform().listening());
        addresses.put("api", HostPort.of((InetSocketAddress) server.getListenSockets().getFirst()).toString());
        addresses.put("metrics", HostPort.of(metrics.address()).toString());
        listening = Map.copyOf(addresses);
    }

    private static Server server(DaemonConfig config, Identity identity, ControlParts parts) throws Exception {
        TrustDomain own = config.trustDomain();
        NettyServerBuilder builder = MeshServer.builder(
                config.listenAddress("api"), identity.svids(), identity.bundles(), ClientAuth.REQUIRE,
                parts.counters());
        Platform platform = parts.platform();
        LeaderOnly leaderOnly = new LeaderOnly(platform::notLeading);
        builder.addService(only(platform::isProxy, parts.distributor()));
        builder.addService(only(platform::isProxy, platform.reports()));
        TelemetryService telemetry = parts.telemetry();
        builder.addService(only(telemetry::takesFrom, telemetry));
        builder.addService(ServerInterceptors.intercept(
                only(SpiffeId.of(own, SystemIdentity.FEDERATION_GATEWAY)::equals, parts.gateways()), leaderOnly));
        builder.addService(ServerInterceptors.intercept(
                only(SpiffeId.of(own, SystemIdentity.ADMIN)::equals, parts.admin()), leaderOnly));
        return builder.build();
    }

    private static ServerServiceDefinition only(Predicate<SpiffeId> allowed, BindableService service) {
        return ServerInterceptors.intercept(service, MeshServer.require(allowed));
    }

    private static void stop(Server server, ControlParts parts) throws InterruptedException {
        server.shutdown();
        parts.endStreams();
        if (!server.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
            server.shutdownNow();
            server.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** The actual addresses of {@code api} and {@code metrics}, {@code ip:port}. */
    @Override
    public Map<String, String> listening() {
        return listening;
    }

    /** Stops serving, within seconds. The state stays. */
    @Override
    public synchronized void close() {
        while (!closing.isEmpty()) {
            AutoCloseable part = closing.pop();
            try {
                part.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                LOG.log(System.Logger.Level.WARNING, "a part of the control plane did not stop cleanly", e);
            }
        }
    }
}
