package dev.meshctl.proxy.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.config.Settings;
import dev.meshctl.api.proto.control.NodeReport;
import dev.meshctl.api.proto.control.NodeReportAck;
import dev.meshctl.api.proto.control.WorkloadRegistryGrpc;
import dev.meshctl.api.proto.proxy.ConfigRequest;
import dev.meshctl.api.proto.proxy.HostDown;
import dev.meshctl.api.proto.proxy.HostUp;
import dev.meshctl.api.proto.proxy.HostWorkload;
import dev.meshctl.api.proto.proxy.ListWorkloadsRequest;
import dev.meshctl.api.proto.proxy.ListWorkloadsResponse;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.api.proto.xds.AggregatedDiscoveryServiceGrpc;
import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.api.proto.xds.DeltaDiscoveryResponse;
import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.proxy.config.Eventually;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.HeldPort;
import dev.meshctl.runtime.testing.TestAuthority;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
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
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole proxy in this process, its control plane played by the test, its trust bridge away. */
@Timeout(180)
final class MeshProxyTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final TestAuthority CA = new TestAuthority(WEST);

    @TempDir
    Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final BlockingQueue<NodeReport> reports = new LinkedBlockingQueue<>();
    private int controlPlanePort;

    @BeforeEach
    void prepare() throws Exception {
        Files.write(directory.resolve("bundle.json"), SpiffeJson.write(CA.bundle()));
        Files.createDirectories(directory.resolve("data/svids"));
        Files.createDirectories(directory.resolve("tokens"));
        keep(SystemIdentity.PROXY, directory.resolve("data/node.pem"));
        keep(SystemIdentity.PROBE, directory.resolve("data/svids/probe-west-proxy-0.pem"));
        HeldPort held = new HeldPort();
        opened.add(held);
        controlPlanePort = held.port();
    }

    private static void keep(SystemIdentity part, Path keystore) throws IOException {
        new SvidKeystore(keystore).store(CA.issue(SpiffeId.of(WEST, part), Duration.ofHours(1)));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    private DaemonConfig config(Map<String, String> listen) {
        return new DaemonConfig("west", WEST, "west-proxy-0", directory.resolve("data"), listen,
                new HostPort("127.0.0.1", 1), new HostPort("127.0.0.1", controlPlanePort),
                directory.resolve("bundle.json"), directory.resolve("tokens"), Map.of());
    }

    private MeshProxy start() throws Exception {
        MeshProxy proxy = MeshProxy.start(
                config(Map.of("admin", "127.0.0.1:0", "metrics", "127.0.0.1:0")), InstantSource.system());
        opened.add(proxy);
        return proxy;
    }

    private ManagedChannel admin(MeshProxy proxy, SpiffeId as) {
        return admin(proxy, CA.issue(as, Duration.ofHours(1)));
    }

    private ManagedChannel admin(MeshProxy proxy, Svid as) {
        ManagedChannel channel = MeshChannel.builder(
                HostPort.parse(proxy.listening().getOrDefault("admin", "")),
                TestAuthority.fixed(as), CA::bundles,
                SpiffeId.of(WEST, SystemIdentity.PROXY)::equals, null).build();
        opened.add(channel::shutdownNow);
        return channel;
    }

    private HttpResponse<String> get(MeshProxy proxy, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://" + proxy.listening().get("metrics") + path);
            return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private boolean shows(MeshProxy proxy, String metric) {
        try {
            return get(proxy, "/metrics").body().contains(metric);
        } catch (Exception e) {
            throw new IllegalStateException("no metrics", e);
        }
    }

    private void startControlPlane() throws IOException {
        Server server = MeshServer.builder(new InetSocketAddress("127.0.0.1", controlPlanePort),
                        TestAuthority.fixed(CA.issue(SpiffeId.of(WEST, SystemIdentity.CONTROL_PLANE),
                                Duration.ofHours(1))), CA::bundles, ClientAuth.REQUIRE)
                .addService(new SettingsOnly())
                .addService(new Registry())
                .build().start();
        opened.add(server::shutdownNow);
    }

    @Test
    void it_starts_and_serves_from_its_directory_when_nobody_answers() throws Exception {
        MeshProxy proxy = start();
        assertThat(get(proxy, "/healthz").statusCode()).isEqualTo(200);
        assertThat(get(proxy, "/readyz")).satisfies(answer -> {
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("no configuration yet");
        });
        assertThat(get(proxy, "/metrics").body())
                .contains("meshctl_config_connected 0")
                .contains("meshctl_svid_expiry_seconds{identity=\"spiffe://west.mesh/ns/meshctl-system/sa/mesh-proxy\"}");
    }

    @Test
    void it_connects_once_its_control_plane_is_there_and_is_ready_without_it_after_a_restart() throws Exception {
        MeshProxy proxy = start();
        startControlPlane();
        Eventually.await("ready", () -> proxy.notReady().isEmpty());
        NodeReport report = reports.poll(60, TimeUnit.SECONDS);
        assertThat(report).isNotNull();
        assertThat(report.getNode()).isEqualTo("west-proxy-0");
        close();
        opened.clear();
        // when it starts again without control plane
        assertThat(start().notReady()).isEmpty();
    }

    @Test
    void only_the_admin_of_its_own_mesh_may_call_the_admin_api() throws Exception {
        MeshProxy proxy = start();
        ListWorkloadsResponse list = ProxyAdminGrpc
                .newBlockingStub(admin(proxy, SpiffeId.of(WEST, SystemIdentity.ADMIN)))
                .list(ListWorkloadsRequest.getDefaultInstance());
        assertThat(list.getNode()).isEqualTo("west-proxy-0");
        assertThat(list.getControlPlaneConnected()).isFalse();
        assertThat(list.getControlPlaneError()).isNotEmpty();
        assertThatThrownBy(() -> ProxyAdminGrpc
                .newBlockingStub(admin(proxy, new SpiffeId(WEST, "shop", "web")))
                .list(ListWorkloadsRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e ->
                        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED));
    }

    @Test
    void a_caller_of_an_unlinked_trust_domain_gets_no_connection_to_the_admin_api_and_is_counted() throws Exception {
        MeshProxy proxy = start();
        TrustDomain stranger = new TrustDomain("stranger.mesh");
        Svid foreign = new TestAuthority(stranger)
                .issue(SpiffeId.of(stranger, SystemIdentity.ADMIN), Duration.ofHours(1));

        assertThatThrownBy(() -> ProxyAdminGrpc.newBlockingStub(admin(proxy, foreign))
                .list(ListWorkloadsRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e ->
                        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));

        Eventually.await("counted", () -> shows(proxy, "meshctl_proxy_events_total{cause=\"handshake_failed\"}"));
        assertThat(get(proxy, "/metrics").body())
                .contains("meshctl_proxy_events_total{cause=\"client_unknown_trust_domain\"}");
    }

    @Test
    void its_metrics_show_what_buffers_take_and_what_was_refused_for_it() throws Exception {
        assertThat(get(start(), "/metrics").body())
                .containsPattern("meshctl_buffer_memory_bytes \\d+")
                .containsPattern("meshctl_buffer_memory_bound_bytes [1-9]\\d*")
                .contains("meshctl_buffer_memory_refused_total{work=\"connection\"} 0")
                .contains("meshctl_buffer_memory_refused_total{work=\"request\"} 0");
    }

    @Test
    void its_dump_names_no_workload_that_is_not_there_and_holds_no_keys() throws Exception {
        var stub = ProxyAdminGrpc.newBlockingStub(admin(start(), SpiffeId.of(WEST, SystemIdentity.ADMIN)));
        assertThat(stub.config(ConfigRequest.getDefaultInstance()).getJson())
                .contains("\"node\" : \"west-proxy-0\"", "\"bundles\"")
                .doesNotContain("PRIVATE");
        assertThatThrownBy(() -> stub.config(ConfigRequest.newBuilder().setWorkload("nobody").build()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e ->
                        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND))
                .hasMessageContaining("\"nobody\"");
    }

    @Test
    void a_workload_is_refused_with_a_reason_while_the_trust_bridge_is_away() throws Exception {
        BlockingQueue<HostDown> answers = new LinkedBlockingQueue<>();
        StreamObserver<HostUp> up = ProxyAdminGrpc
                .newStub(admin(start(), SpiffeId.of(WEST, SystemIdentity.ADMIN)))
                .host(new Collect(answers));
        up.onNext(HostUp.newBuilder().setHost(HostWorkload.newBuilder()
                .setId("web-1.shop").setNamespace("shop").setServiceAccount("web")).build());
        HostDown answer = answers.poll(60, TimeUnit.SECONDS);
        assertThat(answer).isNotNull();
        assertThat(answer.getRefused().getCause()).isEqualTo("no_join_token");
        assertThat(answer.getRefused().getMessage()).contains("web-1.shop");
    }

    @Test
    void a_port_in_use_is_named_and_nothing_is_left_open() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            String inUse = "127.0.0.1:" + taken.getLocalPort();
            assertThatThrownBy(() -> MeshProxy.start(
                    config(Map.of("admin", inUse, "metrics", "127.0.0.1:0")), InstantSource.system()))
                    .hasMessageContaining(inUse);
        }
    }

    @Test
    void a_broken_bundle_is_named() throws Exception {
        Files.writeString(directory.resolve("bundle.json"), "{");
        assertThatThrownBy(this::start).hasMessageContaining("bundle.json");
    }

    private record Collect(BlockingQueue<HostDown> answers) implements StreamObserver<HostDown> {
        @Override
        public void onNext(HostDown answer) {
            answers.add(answer);
        }

        @Override
        public void onError(Throwable failure) {
            answers.add(HostDown.getDefaultInstance());
        }

        @Override
        public void onCompleted() {
            answers.add(HostDown.getDefaultInstance());
        }
    }

    private static final class SettingsOnly
            extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
        @Override
        public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
                StreamObserver<DeltaDiscoveryResponse> responses) {
            return new StreamObserver<>() {
                @Override
                public void onNext(DeltaDiscoveryRequest request) {
                    if (request.getResourceNamesSubscribeList().contains("default")) {
                        responses.onNext(DeltaDiscoveryResponse.newBuilder()
                                .setTypeUrl(request.getTypeUrl()).setNonce("1")
                                .addResources(Resource.newBuilder().setName("default").setVersion("1").setResource(
                                        Any.pack(Settings.newBuilder().setCluster("west").build())))
                                .build());
                    }
                }

                @Override
                public void onError(Throwable failure) {
                    // The proxy has gone.
                }

                @Override
                public void onCompleted() {
                    responses.onCompleted();
                }
            };
        }
    }

    private final class Registry extends WorkloadRegistryGrpc.WorkloadRegistryImplBase {
        @Override
        public StreamObserver<NodeReport> report(StreamObserver<NodeReportAck> answers) {
            return new StreamObserver<>() {
                @Override
                public void onNext(NodeReport report) {
                    reports.add(report);
                    answers.onNext(NodeReportAck.newBuilder().setSequence(report.getSequence()).build());
                }

                @Override
                public void onError(Throwable failure) {
                    // The proxy has gone.
                }

                @Override
                public void onCompleted() {
                    answers.onCompleted();
                }
            };
        }
    }
}
