package dev.meshctl.proxy.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.Address;
import dev.meshctl.api.proto.config.AddressedWorkload;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Health;
import dev.meshctl.api.proto.config.Port;
import dev.meshctl.api.proto.config.PortMapping;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.config.Settings;
import dev.meshctl.api.proto.config.TrafficPolicy;
import dev.meshctl.api.proto.proxy.ProbeRequest;
import dev.meshctl.api.proto.proxy.ProbeResponse;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.api.proto.proxy.StatsRequest;
import dev.meshctl.api.proto.proxy.StatsResponse;
import dev.meshctl.api.proto.xds.AggregatedDiscoveryServiceGrpc;
import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.api.proto.xds.DeltaDiscoveryResponse;
import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.proxy.config.Eventually;
import dev.meshctl.proxy.config.ResourceType;
import dev.meshctl.proxy.dns.Dns;
import dev.meshctl.proxy.dns.ResolvConf;
import dev.meshctl.proxy.host.Workload;
import dev.meshctl.proxy.sidecar.AppProbes;
import dev.meshctl.proxy.sidecar.Drain;
import dev.meshctl.proxy.sidecar.GracePeriod;
import dev.meshctl.proxy.sidecar.SidecarConfig;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.TestApp;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.TestAuthority;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole sidecar in this process, its control plane played by the test, its trust bridge away. */
@Timeout(180)
final class SidecarProxyTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final TestAuthority CA = new TestAuthority(WEST);
    private static final SpiffeId ORDERS = new SpiffeId(WEST, "shop", "orders");
    private static final InetAddress POD = InetAddress.ofLiteral("127.0.0.1");

    @TempDir
    Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final ControlPlane controlPlane = new ControlPlane();
    private HostPort controlPlaneAddress;

    @BeforeEach
    void prepare() throws Exception {
        Files.write(directory.resolve("bundle.json"), SpiffeJson.write(CA.bundle()));
        Files.createDirectories(directory.resolve("state"));
        new SvidKeystore(directory.resolve("state/svid.pem")).store(CA.issue(ORDERS, Duration.ofHours(1)));
        Server server = MeshServer.builder(new InetSocketAddress(POD, 0),
                        TestAuthority.fixed(CA.issue(SpiffeId.of(WEST, SystemIdentity.CONTROL_PLANE), Duration.ofHours(1))),
                        CA::bundles, ClientAuth.REQUIRE)
                .addService(controlPlane).build().start();
        opened.add(server::shutdownNow);
        controlPlaneAddress = new HostPort("127.0.0.1", server.getPort());
        controlPlane.has(ResourceType.ACCESS, "orders.shop", Access.newBuilder().setService("orders.shop").build());
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    /** Answers from what it has, and pushes what it gets. */
    private static final class ControlPlane extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
        private final Map<String, Resource> resources = new ConcurrentHashMap<>();
        private final List<StreamObserver<DeltaDiscoveryResponse>> streams = new CopyOnWriteArrayList<>();

        void has(ResourceType type, String name, Message message) {
            Resource resource = Resource.newBuilder().setName(name).setVersion(String.valueOf(message.hashCode()))
                    .setResource(Any.pack(message)).build();
            resources.put(type.typeUrl() + " " + name, resource);
            streams.forEach(stream -> send(stream, DeltaDiscoveryResponse.newBuilder()
                    .setTypeUrl(type.typeUrl()).setNonce("push").addResources(resource).build()));
        }

        private static void send(StreamObserver<DeltaDiscoveryResponse> stream, DeltaDiscoveryResponse response) {
            synchronized (stream) {
                stream.onNext(response);
            }
        }

        @Override
        public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(StreamObserver<DeltaDiscoveryResponse> stream) {
            streams.add(stream);
            return new StreamObserver<>() {
                @Override
                public void onNext(DeltaDiscoveryRequest request) {
                    DeltaDiscoveryResponse.Builder answer =
                            DeltaDiscoveryResponse.newBuilder().setTypeUrl(request.getTypeUrl()).setNonce("answer");
                    request.getResourceNamesSubscribeList().forEach(name -> {
                        Resource resource = resources.get(request.getTypeUrl() + " " + name);
                        if (resource == null) {
                            answer.addRemovedResources(name);
                        } else {
                            answer.addResources(resource);
                        }
                    });
                    if (request.getResourceNamesSubscribeCount() > 0) {
                        send(stream, answer.build());
                    }
                }

                @Override
                public void onError(Throwable gone) {
                    streams.remove(stream);
                }

                @Override
                public void onCompleted() {
                    streams.remove(stream);
                }
            };
        }
    }

    private SidecarProxy start(String probes) throws Exception {
        return start(probes, SidecarConfig.Ending.USUAL);
    }

    private SidecarProxy start(String probes, SidecarConfig.Ending ending) throws Exception {
        SidecarConfig config = new SidecarConfig("west", ORDERS, controlPlaneAddress, new HostPort("127.0.0.1", 1),
                directory.resolve("token"), directory.resolve("bundle.json"), directory.resolve("state"), "info",
                "orders-7f8-x2", List.of(POD), AppProbes.parse(probes), ending, new SidecarConfig.Ports(POD, 0, 0, 0, 0, 0));
        SidecarProxy proxy = SidecarProxy.start(config, new ResolvConf(List.of()), InstantSource.system(), PatientProxy.BOUNDS);
        opened.add(proxy);
        return proxy;
    }

    private void settings() {
        controlPlane.has(ResourceType.SETTINGS, "default", Settings.newBuilder().setCluster("west").setPermissive(true).build());
    }

    private void podIsOf(String service, int appPort) {
        controlPlane.has(ResourceType.ADDRESS, "127.0.0.1", Address.newBuilder().setAddress("127.0.0.1")
                .setWorkload(AddressedWorkload.newBuilder().setId("orders-7f8-x2").setService(service).setNamespace("shop")
                        .setVersion("v2").addPorts(PortMapping.newBuilder().setServicePort(80).setAppPort(appPort)))
                .build());
    }

    private static HttpResponse<String> get(SidecarProxy proxy, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://" + HostPort.of(proxy.listening("metrics")) + path);
            return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private static boolean isHosted(SidecarProxy proxy, Predicate<Workload> as) {
        return proxy.host().list().stream().anyMatch(as);
    }

    private static Workload workload(SidecarProxy proxy) throws InterruptedException {
        Eventually.await("hosted", () -> proxy.host().list().size() == 1);
        return proxy.host().list().getFirst();
    }

    @Test
    void it_is_ready_once_it_has_the_settings_and_hosts_its_pod_as_what_the_control_plane_says() throws Exception {
        podIsOf("orders", 8080);
        SidecarProxy proxy = start("{}");
        assertThat(get(proxy, "/readyz").statusCode()).isEqualTo(503);

        settings();

        Eventually.await("ready", () -> proxy.notReady().isEmpty());
        assertThat(get(proxy, "/readyz").statusCode()).isEqualTo(200);
        Workload pod = workload(proxy);
        assertThat(pod.scope().identity()).isEqualTo(ORDERS);
        // It is ready as a client, too, where the word about its services comes late.
        Eventually.await("of its service", () -> pod.scope().version().equals("v2"));
        assertThat(pod.scope().service()).hasToString("orders.shop");
        assertThat(pod.inboundAddress()).isPresent();
        assertThat(get(proxy, "/metrics").body()).contains("meshctl_workload_ready{workload=\"orders-7f8-x2\"}");
    }

    @Test
    void a_pod_of_no_service_is_hosted_and_called_in_plain_and_is_of_a_service_when_it_gets_one() throws Exception {
        settings();
        SidecarProxy proxy = start("{}");
        Workload client = workload(proxy);
        assertThat(client.inboundAddress()).isPresent();

        podIsOf("orders", 8080);

        Eventually.await("of its service", () -> isHosted(proxy, pod -> pod.scope().version().equals("v2")));
        assertThat(workload(proxy)).as("its listeners stay").isSameAs(client);
        assertThat(client.scope().service()).hasToString("orders.shop");
        Eventually.await("counted", () -> proxy.counters().count("pod_services_changed") == 1);
    }

    @Test
    void a_pod_behind_two_services_is_of_both_and_stays_one_workload_when_one_goes() throws Exception {
        settings();
        controlPlane.has(ResourceType.ACCESS, "refunds.shop", Access.newBuilder().setService("refunds.shop").build());
        controlPlane.has(ResourceType.ADDRESS, "127.0.0.1", Address.newBuilder().setAddress("127.0.0.1")
                .setWorkload(behind("orders")).addOthers(behind("refunds")).build());
        SidecarProxy proxy = start("{}");

        Eventually.await("two services", () -> isHosted(proxy, pod -> pod.scopes().size() == 2));
        Workload pod = workload(proxy);
        assertThat(pod.scopes()).extracting(one -> one.service().toString()).containsExactly("orders.shop", "refunds.shop");

        podIsOf("refunds", 8080);
        Eventually.await("one service", () -> pod.scopes().size() == 1);
        assertThat(pod.scope().service()).hasToString("refunds.shop");
        assertThat(workload(proxy)).isSameAs(pod);
    }

    private static AddressedWorkload.Builder behind(String service) {
        return AddressedWorkload.newBuilder().setId("orders-7f8-x2").setService(service).setNamespace("shop")
                .setVersion("v2").addPorts(PortMapping.newBuilder().setServicePort(80).setAppPort(8080));
    }

    @Test
    void open_connections_go_on_when_the_service_of_the_pod_changes() throws Exception {
        settings();
        try (TestApp app = TestApp.saying("from the app")) {
            podIsOf("orders", app.port());
            SidecarProxy proxy = start("{}");
            Eventually.await("of its service", () -> isHosted(proxy, pod -> pod.scope().version().equals("v2")));
            try (RawHttp client = new RawHttp(workload(proxy).inboundAddress().orElseThrow())) {
                assertThat(client.send("GET / HTTP/1.1\r\nhost: orders\r\n\r\n").readUntil("from the app")).contains(" 200 ");

                podIsOf("refunds", 1);
                Eventually.await("of another service",
                        () -> isHosted(proxy, pod -> pod.scope().service().toString().equals("refunds.shop")));

                assertThat(client.send("GET / HTTP/1.1\r\nhost: orders\r\n\r\n").readUntil("from the app")).contains(" 200 ");
            }
        }
    }

    @Test
    void a_request_that_is_open_when_the_pod_ends_is_finished_and_its_connection_is_told_to_close() throws Exception {
        settings();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (TestApp app = new TestApp(exchange -> {
            asked.countDown();
            assertThat(answer.await(120, TimeUnit.SECONDS)).isTrue();
            TestApp.reply(exchange, 200, "finished");
        })) {
            podIsOf("orders", app.port());
            SidecarProxy proxy = start("{}");
            Eventually.await("of its service", () -> isHosted(proxy, pod -> pod.scope().version().equals("v2")));
            InetSocketAddress inbound = workload(proxy).inboundAddress().orElseThrow();
            try (RawHttp client = new RawHttp(inbound)) {
                client.send("GET / HTTP/1.1\r\nhost: orders\r\n\r\n");
                assertThat(asked.await(120, TimeUnit.SECONDS)).isTrue();
                Thread ending = Thread.ofVirtual().start(() -> proxy.drain(Duration.ZERO, Duration.ofSeconds(120)));
                Eventually.await("nobody new is taken", () -> refuses(inbound));
                assertThat(proxy.notReady()).contains("the pod is ending");

                answer.countDown();

                assertThat(client.readAll().toLowerCase(Locale.ROOT)).contains(" 200 ").contains("connection: close")
                        .endsWith("finished");
                ending.join();
                assertThat(proxy.counters().count("drain_cut_connections")).isZero();
            }
        }
    }

    private static boolean refuses(InetSocketAddress address) {
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void a_request_that_never_ends_is_cut_at_the_bound_and_counted() throws Exception {
        settings();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        try (TestApp app = new TestApp(exchange -> {
            asked.countDown();
            assertThat(over.await(120, TimeUnit.SECONDS)).isTrue();
        })) {
            podIsOf("orders", app.port());
            SidecarProxy proxy = start("{}");
            Eventually.await("of its service", () -> isHosted(proxy, pod -> pod.scope().version().equals("v2")));
            try (RawHttp client = new RawHttp(workload(proxy).inboundAddress().orElseThrow())) {
                client.send("GET / HTTP/1.1\r\nhost: orders\r\n\r\n");
                assertThat(asked.await(120, TimeUnit.SECONDS)).isTrue();

                proxy.drain(Duration.ZERO, Duration.ofMillis(200));

                assertThat(client.readAll()).doesNotContain(" 200 ");
                assertThat(proxy.counters().count("drain_cut_connections")).isEqualTo(1);
            } finally {
                over.countDown();
            }
        }
    }

    @Test
    void the_hook_of_the_kubelet_takes_from_the_time_of_the_drain_what_the_application_takes() throws Exception {
        settings();
        SidecarProxy proxy = start("{}", new SidecarConfig.Ending(Duration.ofHours(1), Optional.empty()));
        Drain whole = proxy.drainNow();
        assertThat(proxy.drainNow()).as("nothing has begun").isEqualTo(whole);

        assertThat(get(proxy, GracePeriod.BEGINS).statusCode()).isEqualTo(200);

        Eventually.await("less is left", () -> proxy.drainNow().bound().compareTo(whole.bound()) < 0);
    }

    @Test
    void a_call_in_plain_reaches_the_application_while_the_mesh_is_permissive() throws Exception {
        settings();
        try (TestApp app = TestApp.saying("from the app")) {
            podIsOf("orders", app.port());
            SidecarProxy proxy = start("{}");
            Eventually.await("of its service", () -> proxy.host().list().stream().anyMatch(
                    one -> one.scope().version().equals("v2")));
            InetSocketAddress inbound = workload(proxy).inboundAddress().orElseThrow();

            try (HttpClient client = HttpClient.newHttpClient()) {
                HttpResponse<String> answer = client.send(
                        HttpRequest.newBuilder(URI.create("http://" + HostPort.of(inbound) + "/")).build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(answer.body()).isEqualTo("from the app");
            }
        }
    }

    private ProxyAdminGrpc.ProxyAdminBlockingStub admin(SidecarProxy proxy) {
        ManagedChannel channel = MeshChannel.builder(HostPort.of(proxy.listening("admin")),
                TestAuthority.fixed(CA.issue(SpiffeId.of(WEST, SystemIdentity.ADMIN), Duration.ofHours(1))), CA::bundles,
                ORDERS::equals, null).build();
        opened.add(channel::shutdownNow);
        return ProxyAdminGrpc.newBlockingStub(channel);
    }

    @Test
    void a_probe_in_the_name_of_the_pod_reaches_the_proxy_of_a_pod_over_mtls_and_leaves_nothing() throws Exception {
        settings();
        podIsOf("orders", 8080);
        SidecarProxy proxy = start("{}");
        Eventually.await("of its service", () -> proxy.host().list().stream().anyMatch(
                one -> one.scope().version().equals("v2")));
        String host = "probe.meshctl-system.svc.west.mesh";
        controlPlane.has(ResourceType.SERVICE, host, Service.newBuilder().setHost(host).setName("probe").setNamespace("meshctl-system")
                .setPolicy(TrafficPolicy.newBuilder().setConnectTimeoutMs(PatientProxy.CONNECT_TIMEOUT_MS))
                .addPorts(Port.newBuilder().setNumber(80).setProtocol(Protocol.HTTP1)).build());
        controlPlane.has(ResourceType.ENDPOINTS, host, Endpoints.newBuilder().setHost(host).addEndpoints(Endpoint.newBuilder()
                .setId("probe-orders-7f8-x2").setAddress("127.0.0.1")
                .setPort(workload(proxy).inboundAddress().orElseThrow().getPort()).setWeight(1).setCluster("west")
                .setHealth(Health.HEALTHY).addIdentities(ORDERS.toString()).addPorts(80).setMode("mtls")
                .setSniSuffix("probe.meshctl-system.west.mesh")).build());
        int listening = proxy.host().list().size();

        ProbeResponse answer = admin(proxy).probe(ProbeRequest.newBuilder().setUrl("http://" + host + "/").setCount(2).setTimeoutMs(60_000).build());

        assertThat(answer.getResultsList()).hasSize(2).allSatisfy(result -> {
            assertThat(result.getError()).isEmpty();
            assertThat(result.getStatus()).isEqualTo(200);
            assertThat(result.getPeerIdentity()).isEqualTo(ORDERS.toString());
            assertThat(result.getServedBy()).startsWith("west");
        });
        assertThat(proxy.host().list()).hasSize(listening);
    }

    @Test
    void nobody_calls_anything_but_the_probe_in_the_name_of_an_application() throws Exception {
        settings();
        SidecarProxy proxy = start("{}");
        workload(proxy);

        for (String url : List.of("http://payments.shop.svc.cluster.local/", "http://127.0.0.1:1/", "https://probe.meshctl-system/", "?")) {
            assertThatThrownBy(() -> admin(proxy).probe(ProbeRequest.newBuilder().setUrl(url).build()))
                    .hasMessageContaining("a sidecar calls the mesh's probe only");
        }
    }

    @Test
    void its_counters_are_those_of_its_metrics() throws Exception {
        settings();
        SidecarProxy proxy = start("{}");
        workload(proxy);

        StatsResponse stats = admin(proxy).stats(StatsRequest.getDefaultInstance());

        assertThat(stats.getNode()).isEqualTo("orders-7f8-x2.shop");
        assertThat(stats.getText()).contains("meshctl_workload_ready{workload=\"orders-7f8-x2\"}");
    }

    @Test
    void its_dns_knows_the_hosts_of_the_mesh_from_the_control_plane() throws Exception {
        settings();
        SidecarProxy proxy = start("{}");

        Dns.Answer answer = Dns.udp(proxy.listening("dns"), Dns.query(1, "nobody.shop.svc.clusterset.local", 1));

        assertThat(answer.code()).isEqualTo(3);
    }

    @Test
    void the_applications_http_probe_is_made_as_the_kubelet_would() throws Exception {
        settings();
        try (TestApp app = new TestApp(exchange -> TestApp.reply(exchange,
                exchange.getRequestURI().getPath().equals("/live") ? 204 : 500, ""))) {
            SidecarProxy proxy = start("""
                    {"/app-probe/web/liveness": {"port": %1$d, "timeoutSeconds": 60, "httpGet":
                      {"path": "/live", "port": "web", "httpHeaders": [{"name": "X-Probe", "value": "yes"}]}},
                     "/app-probe/web/readiness": {"port": %1$d, "timeoutSeconds": 60, "httpGet": {"path": "ready", "port": 1}}}
                    """.formatted(app.port()));

            assertThat(get(proxy, "/app-probe/web/liveness").statusCode()).isEqualTo(200);
            assertThat(app.headers).containsEntry("x-probe", "yes").containsEntry("user-agent", "kube-probe/meshctl");
            HttpResponse<String> failed = get(proxy, "/app-probe/web/readiness");
            assertThat(failed.statusCode()).isEqualTo(503);
            assertThat(failed.body()).contains("GET /ready was answered with 500");
            assertThat(get(proxy, "/app-probe/web/startup").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void the_applications_tcp_probe_succeeds_while_it_accepts_connections() throws Exception {
        settings();
        TestApp app = TestApp.saying("");
        SidecarProxy proxy = start("{\"/app-probe/db/readiness\": {\"port\": %d, \"timeoutSeconds\": 60, \"tcpSocket\": {}}}"
                .formatted(app.port()));
        assertThat(get(proxy, "/app-probe/db/readiness").statusCode()).isEqualTo(200);

        app.close();

        assertThat(get(proxy, "/app-probe/db/readiness").body()).contains("no connection to");
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void the_applications_grpc_probe_succeeds_while_its_health_is_serving() throws Exception {
        settings();
        MethodDescriptor<byte[], byte[]> check = MethodDescriptor.newBuilder(new Bytes(), new Bytes())
                .setType(MethodDescriptor.MethodType.UNARY).setFullMethodName("grpc.health.v1.Health/Check").build();
        Server health = NettyServerBuilder.forAddress(new InetSocketAddress(POD, 0))
                .addService(ServerServiceDefinition.builder("grpc.health.v1.Health")
                        .addMethod(check, ServerCalls.asyncUnaryCall((request, answer) -> {
                            boolean asked = new String(request, 0, request.length, java.nio.charset.StandardCharsets.UTF_8)
                                    .equals("\n\006orders");
                            answer.onNext(new byte[] {8, (byte) (asked ? 1 : 2)});
                            answer.onCompleted();
                        })).build())
                .build().start();
        opened.add(health::shutdownNow);
        SidecarProxy proxy = start("""
                {"/app-probe/web/liveness": {"port": %1$d, "timeoutSeconds": 60, "grpc": {"port": 1, "service": "orders"}},
                 "/app-probe/web/readiness": {"port": %1$d, "timeoutSeconds": 60, "grpc": {"port": 1}}}
                """.formatted(health.getPort()));

        assertThat(get(proxy, "/app-probe/web/liveness").statusCode()).isEqualTo(200);
        assertThat(get(proxy, "/app-probe/web/readiness").body()).contains("is 2, not SERVING");
    }

    @Test
    void started_anew_it_serves_from_its_directory_while_the_control_plane_is_away() throws Exception {
        settings();
        podIsOf("orders", 8080);
        SidecarProxy first = start("{}");
        Eventually.await("of its service", () -> first.host().list().stream().anyMatch(
                one -> one.scope().version().equals("v2")));
        close();
        opened.clear();

        SidecarProxy again = start("{}");

        Eventually.await("ready", () -> again.notReady().isEmpty());
        Eventually.await("of its service", () -> isHosted(again, pod -> pod.scope().service().toString().equals("orders.shop")));
    }
}
