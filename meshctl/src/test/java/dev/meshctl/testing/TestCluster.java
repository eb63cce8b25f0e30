package dev.meshctl.testing;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.admin.ApplyRequest;
import dev.meshctl.api.proto.admin.ListServicesRequest;
import dev.meshctl.api.proto.admin.ServiceSource;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.api.proto.proxy.Upstream;
import dev.meshctl.control.ControlPlane;
import dev.meshctl.gateway.daemon.FederationGateway;
import dev.meshctl.proxy.daemon.MeshProxy;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.attest.WorkloadIdentity;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.daemon.Daemon;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.trust.TrustBridge;
import dev.meshctl.trust.client.TrustAdminClient;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One cluster of a {@link MeshExtension}. Each of its parts can be stopped and started again on its own. */
public final class TestCluster implements AutoCloseable {
    /** The parts, in the order in which they start. */
    public enum Part {
        TRUST_BRIDGE("trust-bridge", List.of("signing", "bundle"), List.of()),
        CONTROL_PLANE("control-plane", List.of("api", "metrics"), List.of(SystemIdentity.CONTROL_PLANE)),
        GATEWAY("federation-gateway", List.of("east-west", "metrics"), List.of(SystemIdentity.FEDERATION_GATEWAY)),
        PROXY("mesh-proxy", List.of("admin", "metrics"), List.of(SystemIdentity.PROXY, SystemIdentity.PROBE));

        private final String directory;
        private final List<String> listeners;
        private final List<SystemIdentity> identities;

        Part(String directory, List<String> listeners, List<SystemIdentity> identities) {
            this.directory = directory;
            this.listeners = listeners;
            this.identities = identities;
        }
    }

    private static final int TOKEN_ATTEMPTS = 5;

    private final String name;
    private final TrustDomain trustDomain;
    private final Path directory;
    private final Map<String, String> trustOptions;
    private final Map<Part, Daemon.Running> running = new ConcurrentHashMap<>();
    /** Kept over a restart, as a real cluster does. */
    private final Map<String, String> addresses = new ConcurrentHashMap<>();
    private final List<AutoCloseable> closing = new ArrayList<>();
    private final List<TestWorkload> workloads = new ArrayList<>();
    private @Nullable TrustAdminClient trust;
    private @Nullable ManagedChannel adminChannel;
    private @Nullable ManagedChannel proxyChannel;

    TestCluster(String name, Path directory, Map<String, String> trustOptions) {
        this.name = name;
        this.trustDomain = TrustDomain.ofCluster(name);
        this.directory = directory;
        this.trustOptions = trustOptions;
    }

    void start() throws Exception {
        for (Part part : Part.values()) {
            start(part);
        }
        Bundles own = new Bundles(Map.of(trustDomain, SpiffeJson.read(trustDomain, Files.readAllBytes(bundle()))));
        TrustBridgeClient client = new TrustBridgeClient(address("trust-bridge/signing"), trustDomain, () -> own);
        closing.add(client);
        SpiffeId admin = SpiffeId.of(trustDomain, SystemIdentity.ADMIN);
        WorkloadIdentity identity = WorkloadIdentity.start(new WorkloadIdentity.Attestation(admin, client,
                new SvidKeystore(directory.resolve("admin.pem")), () -> Optional.of(token(admin)),
                InstantSource.system()));
        closing.add(identity);
        adminChannel = MeshChannel.builder(address("control-plane/api"), identity, () -> own,
                SpiffeId.of(trustDomain, SystemIdentity.CONTROL_PLANE)::equals, null).build();
        proxyChannel = MeshChannel.builder(address("mesh-proxy/admin"), identity, () -> own,
                SpiffeId.of(trustDomain, SystemIdentity.PROXY)::equals, null).build();
        apply("""
                {"apiVersion": "meshctl.dev/v1alpha1", "kind": "Mesh", "metadata": {"name": "default"},
                 "spec": {"telemetryWindow": "1s"}}""");
    }

    /** Starts one part; one that runs already is left alone. */
    public void start(Part part) throws Exception {
        if (running.containsKey(part)) {
            return;
        }
        Files.createDirectories(directory.resolve(part.directory).resolve("tokens"));
        for (SystemIdentity identity : part.identities) {
            Files.writeString(directory.resolve(part.directory).resolve("tokens")
                    .resolve(identity.serviceAccount() + ".token"), token(SpiffeId.of(trustDomain, identity)));
        }
        DaemonConfig config = config(part);
        InstantSource clock = InstantSource.system();
        Daemon.Running started = switch (part) {
            case TRUST_BRIDGE -> TrustBridge.start(config, clock);
            case CONTROL_PLANE -> ControlPlane.start(config, clock);
            case GATEWAY -> FederationGateway.start(config, clock);
            case PROXY -> MeshProxy.start(config, clock);
        };
        running.put(part, started);
        started.listening().forEach((listener, at) -> addresses.put(part.directory + "/" + listener, at));
        if (part == Part.TRUST_BRIDGE && trust == null) {
            trust = TrustAdminClient.overSocket(directory.resolve(part.directory).resolve("admin.sock"));
        }
    }

    /** Stops one part. */
    public void stop(Part part) throws Exception {
        Daemon.Running stopping = running.remove(part);
        if (stopping != null) {
            stopping.close();
        }
    }

    private DaemonConfig config(Part part) {
        Map<String, String> listen = new HashMap<>();
        for (String listener : part.listeners) {
            listen.put(listener, addresses.getOrDefault(part.directory + "/" + listener, "127.0.0.1:0"));
        }
        boolean bridge = part == Part.TRUST_BRIDGE;
        boolean control = part == Part.CONTROL_PLANE;
        Map<String, String> options = bridge ? trustOptions : part == Part.PROXY ? Map.of("workload-range", "") : Map.of();
        return new DaemonConfig(name, trustDomain, "node-" + name, directory.resolve(part.directory), listen,
                bridge ? null : address("trust-bridge/signing"),
                bridge || control ? null : address("control-plane/api"),
                bundle(), directory.resolve(part.directory).resolve("tokens"), options);
    }

    private Path bundle() {
        return directory.resolve("trust-bridge").resolve("bundle.json");
    }

    /** The address of a listener, as in {@code federation-gateway/east-west}. */
    public HostPort address(String listener) {
        return HostPort.parse(addresses.getOrDefault(listener, ""));
    }

    public String name() {
        return name;
    }

    /** Where the cluster keeps everything. */
    public Path directory() {
        return directory;
    }

    public SpiffeId identity(String service) {
        ServiceName parsed = ServiceName.parse(service);
        return new SpiffeId(trustDomain, parsed.namespace(), parsed.name());
    }

    /** A fresh single-use join token. Asked for several times: a JVM that stood still has let the time for the answer pass. */
    public String token(SpiffeId id) {
        for (int attempt = 1; ; attempt++) {
            try {
                return java.util.Objects.requireNonNull(trust).createJoinToken(id, Duration.ofMinutes(5)).token();
            } catch (dev.meshctl.trust.client.TrustAdminException e) {
                if (attempt == TOKEN_ATTEMPTS) {
                    throw new IllegalStateException("no join token for " + id, e);
                }
            }
        }
    }

    public AdminGrpc.AdminBlockingStub admin() {
        return AdminGrpc.newBlockingStub(java.util.Objects.requireNonNull(adminChannel))
                .withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    public ProxyAdminGrpc.ProxyAdminBlockingStub proxy() {
        return ProxyAdminGrpc.newBlockingStub(java.util.Objects.requireNonNull(proxyChannel))
                .withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    ProxyAdminGrpc.ProxyAdminStub proxyStreams() {
        return ProxyAdminGrpc.newStub(java.util.Objects.requireNonNull(proxyChannel));
    }

    /** Applies resources as JSON: all of them or none. */
    public void apply(String... resources) {
        admin().apply(ApplyRequest.newBuilder().addAllResources(List.of(resources)).setActor("test").build());
    }

    /** Exports a service of this cluster. */
    public void export(String service) {
        ServiceName parsed = ServiceName.parse(service);
        apply("""
                {"apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ServiceExport",
                 "metadata": {"name": "%s", "namespace": "%s"}}""".formatted(parsed.name(), parsed.namespace()));
    }

    /** An HTTP/1.1 service on port 80. */
    public TestWorkload serve(String service, String version, HttpHandler handler)
            throws IOException, InterruptedException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 128);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            try (exchange) {
                handler.handle(exchange);
            }
        });
        server.start();
        return host(service, version, 80, server.getAddress().getPort(), "http1", () -> server.stop(0));
    }

    /** A service that answers 200 with its version and what it was told of its caller. */
    public TestWorkload serve(String service, String version) throws IOException, InterruptedException {
        return serve(service, version, exchange -> {
            String caller = String.valueOf(exchange.getRequestHeaders().getFirst("x-forwarded-client-cert"));
            byte[] body = "{\"version\":\"%s\",\"cluster\":\"%s\",\"caller\":\"%s\"}"
                    .formatted(version, name, caller).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        });
    }

    /** Hosts something that already listens on a port of 127.0.0.1. */
    public TestWorkload host(String service, String version, int port, int appPort, String protocol, AutoCloseable app)
            throws InterruptedException {
        return opened(service, version, List.of(WorkloadPort.newBuilder()
                .setServicePort(port).setAppPort(appPort).setProtocol(protocol).build()), List.of(), app);
    }

    /** Waits until the control plane knows a ready workload of a version; not while it is stopped. */
    void awaitRegistered(ServiceName service, String version) throws InterruptedException {
        if (!running.containsKey(Part.CONTROL_PLANE)) {
            return;
        }
        Eventually.holds(service + " " + version + " is registered", () -> admin()
                .listServices(ListServicesRequest.newBuilder().setNamespace(service.namespace()).build())
                .getServicesList().stream().filter(view -> view.getName().equals(service.name()))
                .flatMap(view -> view.getSourcesList().stream()).filter(ServiceSource::getLocal)
                .flatMap(source -> source.getVersionsList().stream())
                .anyMatch(view -> view.getVersion().equals(version) && view.getReady() > 0));
    }

    /** A client only. */
    public TestWorkload client(String service, Upstream... upstreams) throws InterruptedException {
        return opened(service, "", List.of(), List.of(upstreams), () -> {});
    }

    private TestWorkload opened(String service, String version, List<WorkloadPort> ports, List<Upstream> upstreams,
            AutoCloseable app) throws InterruptedException {
        TestWorkload workload = TestWorkload.host(this, ServiceName.parse(service), version, ports, upstreams, app);
        workloads.add(workload);
        return workload;
    }

    @Override
    public void close() {
        workloads.forEach(TestWorkload::close);
        for (ManagedChannel channel : new ManagedChannel[] {adminChannel, proxyChannel}) {
            if (channel != null) {
                channel.shutdownNow();
            }
        }
        try {
            for (AutoCloseable each : closing) {
                each.close();
            }
            for (Part part : new Part[] {Part.PROXY, Part.GATEWAY, Part.CONTROL_PLANE}) {
                stop(part);
            }
            if (trust != null) {
                trust.close();
            }
            stop(Part.TRUST_BRIDGE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException("cluster " + name + " did not close", e);
        }
    }
}
