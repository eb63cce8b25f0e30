package dev.meshctl.proxy.daemon;

import static dev.meshctl.proxy.config.ResourceType.ACCESS;
import static dev.meshctl.proxy.config.ResourceType.ENDPOINTS;
import static dev.meshctl.proxy.config.ResourceType.SERVICE;
import static dev.meshctl.proxy.config.ResourceType.SETTINGS;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Port;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.config.Settings;
import dev.meshctl.api.proto.config.TrafficPolicy;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.api.proto.proxy.ConfigRequest;
import dev.meshctl.api.proto.proxy.HostDown;
import dev.meshctl.api.proto.proxy.HostUp;
import dev.meshctl.api.proto.proxy.HostWorkload;
import dev.meshctl.api.proto.proxy.Hosted;
import dev.meshctl.api.proto.proxy.ListWorkloadsRequest;
import dev.meshctl.api.proto.proxy.ProbeRequest;
import dev.meshctl.api.proto.proxy.ProbeResult;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.api.proto.telemetry.Direction;
import dev.meshctl.api.proto.telemetry.PushResponse;
import dev.meshctl.api.proto.telemetry.Series;
import dev.meshctl.api.proto.telemetry.TelemetryGrpc;
import dev.meshctl.api.proto.telemetry.Window;
import dev.meshctl.proxy.config.Eventually;
import dev.meshctl.proxy.config.FakeControlPlane;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.TestAuthority;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Two workloads on one proxy, from hosting over configuration and calls to telemetry. */
@Timeout(180)
final class MeshProxyTrafficTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final TestAuthority CA = new TestAuthority(WEST);
    private static final String PAYMENTS = "payments.shop.svc.cluster.local";
    private static final String PROBE = "probe.meshctl-system.svc.west.mesh";

    private final BlockingQueue<Window> windows = new LinkedBlockingQueue<>();

    @RegisterExtension
    final FakeControlPlane controlPlane = new FakeControlPlane(bind -> MeshServer.builder(bind,
                    TestAuthority.fixed(CA.issue(SpiffeId.of(WEST, SystemIdentity.CONTROL_PLANE),
                            Duration.ofHours(1))), CA::bundles, ClientAuth.REQUIRE)
            .addService(new TelemetryGrpc.TelemetryImplBase() {
                @Override
                public void push(Window window, StreamObserver<PushResponse> answer) {
                    windows.add(window);
                    answer.onNext(PushResponse.getDefaultInstance());
                    answer.onCompleted();
                }
            }));

    @TempDir
    Path directory;

    private HttpServer app;
    private MeshProxy proxy;
    private ManagedChannel admin;

    @BeforeEach
    void start() throws Exception {
        Files.write(directory.resolve("bundle.json"), SpiffeJson.write(CA.bundle()));
        Files.createDirectories(directory.resolve("data/svids"));
        keep(SpiffeId.of(WEST, SystemIdentity.PROXY), "data/node.pem");
        keep(SpiffeId.of(WEST, SystemIdentity.PROBE), "data/svids/probe-n1.pem");
        keep(new SpiffeId(WEST, "shop", "payments"), "data/svids/payments-1.shop.pem");
        keep(new SpiffeId(WEST, "shop", "web"), "data/svids/web-1.shop.pem");
        keep(new SpiffeId(WEST, "shop", "orders"), "data/svids/orders-1.shop.pem");
        controlPlane.has(SETTINGS, "default", "1",
                Settings.newBuilder().setCluster("west").setTelemetryWindowMs(1000).build());
        app = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 16);
        app.createContext("/", exchange -> {
            byte[] answer = ("caller " + exchange.getRequestHeaders().getFirst("x-forwarded-client-cert"))
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        app.start();
        proxy = MeshProxy.start(new DaemonConfig("west", WEST, "n1", directory.resolve("data"),
                Map.of("admin", "127.0.0.1:0", "metrics", "127.0.0.1:0"),
                new HostPort("127.0.0.1", 1), new HostPort("127.0.0.1", controlPlane.port()),
                directory.resolve("bundle.json"), directory.resolve("tokens"), Map.of()), InstantSource.system(), PatientProxy.BOUNDS);
        admin = MeshChannel.builder(HostPort.parse(proxy.listening().getOrDefault("admin", "")),
                TestAuthority.fixed(CA.issue(SpiffeId.of(WEST, SystemIdentity.ADMIN), Duration.ofHours(1))),
                CA::bundles, SpiffeId.of(WEST, SystemIdentity.PROXY)::equals, null).build();
    }

    private void keep(SpiffeId id, String file) throws IOException {
        new SvidKeystore(directory.resolve(file)).store(CA.issue(id, Duration.ofHours(1)));
    }

    @AfterEach
    void stop() {
        admin.shutdownNow();
        proxy.close();
        app.stop(0);
    }

    private Hosted host(HostWorkload.Builder workload) throws Exception {
        CompletableFuture<HostDown> answer = new CompletableFuture<>();
        StreamObserver<HostUp> up = ProxyAdminGrpc.newStub(admin).host(new StreamObserver<>() {
            @Override
            public void onNext(HostDown down) {
                answer.complete(down);
            }

            @Override
            public void onError(Throwable failure) {
                answer.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {
                answer.completeExceptionally(new IllegalStateException("ended"));
            }
        });
        up.onNext(HostUp.newBuilder().setHost(workload.setNamespace("shop")).build());
        HostDown down = answer.get(60, TimeUnit.SECONDS);
        assertThat(down.getRefused().getMessage()).isEmpty();
        return down.getHosted();
    }

    /** One that is called; returns when its policies are known, for until then its callers are denied. */
    private Hosted hostCalled(HostWorkload.Builder workload) throws Exception {
        Hosted hosted = host(workload);
        controlPlane.await(FakeControlPlane.acks(ACCESS));
        return hosted;
    }

    private Hosted hostPayments() throws Exception {
        return hostCalled(HostWorkload.newBuilder().setId("payments-1.shop").setService("payments").setVersion("v1")
                .setServiceAccount("payments")
                .addPorts(WorkloadPort.newBuilder().setServicePort(80).setAppPort(app.getAddress().getPort())));
    }

    private Hosted hostWeb() throws Exception {
        return host(HostWorkload.newBuilder().setId("web-1.shop").setServiceAccount("web"));
    }

    private void serve(String host, String name, String namespace, String account, String inbound) {
        HostPort at = HostPort.parse(inbound);
        controlPlane.has(SERVICE, host, "1", Service.newBuilder().setHost(host).setName(name).setNamespace(namespace)
                .setPolicy(TrafficPolicy.newBuilder().setConnectTimeoutMs(PatientProxy.CONNECT_TIMEOUT_MS))
                .addPorts(Port.newBuilder().setNumber(80)).addVersions("v1").build());
        controlPlane.has(ENDPOINTS, host, "1", Endpoints.newBuilder().setHost(host).addEndpoints(Endpoint.newBuilder()
                .setId(name + "-1." + namespace).setAddress(at.host()).setPort(at.port()).setVersion("v1").setWeight(1)
                .setCluster("west").addPorts(80).setSniSuffix(name + "." + namespace + ".west.mesh")
                .addIdentities("spiffe://west.mesh/ns/" + namespace + "/sa/" + account)).build());
    }

    private HttpResponse<String> get(Hosted from, String url) throws Exception {
        InetSocketAddress through = HostPort.parse(from.getOutboundAddress()).toSocketAddress();
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                .proxy(ProxySelector.of(through)).build()) {
            return client.send(HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(60)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private String metrics() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(
                            URI.create("http://" + proxy.listening().get("metrics") + "/metrics")).build(),
                    HttpResponse.BodyHandlers.ofString()).body();
        }
    }

    @Test
    void a_hosted_workload_calls_another_and_both_sides_are_counted() throws Exception {
        // given
        Hosted payments = hostPayments();
        serve(PAYMENTS, "payments", "shop", "payments", payments.getInboundAddress());
        Hosted web = hostWeb();
        // when
        HttpResponse<String> answer = get(web, "http://payments/");
        // then the application answered, and knows who called
        assertThat(answer.body()).isEqualTo("caller URI=spiffe://west.mesh/ns/shop/sa/web");
        assertThat(answer.statusCode()).isEqualTo(200);
        // and it is in the metrics, and in what is pushed
        Eventually.await("both sides are in the metrics", () -> {
            try {
                String page = metrics();
                return page.lines().anyMatch(line -> line.startsWith("meshctl_requests_total{direction=\"outbound\"")
                                && line.contains("destination=\"payments.shop\"") && line.endsWith(" 1"))
                        && page.lines().anyMatch(line -> line.startsWith("meshctl_requests_total{direction=\"inbound\"")
                                && line.contains("source=\"spiffe://west.mesh/ns/shop/sa/web\"")
                                && line.endsWith(" 1"));
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        Series inbound = awaitSeries(Direction.INBOUND);
        assertThat(inbound.getRequests()).isEqualTo(1);
        assertThat(inbound.getMtls()).isTrue();
        assertThat(inbound.getDestinationVersion()).isEqualTo("v1");
        // and in the dump
        assertThat(ProxyAdminGrpc.newBlockingStub(admin).config(ConfigRequest.getDefaultInstance()).getJson())
                .contains(PAYMENTS, "payments-1.shop", "\"state\" : \"found\"");
    }

    private Series awaitSeries(Direction direction) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < deadline) {
            Window window = windows.poll(1, TimeUnit.SECONDS);
            for (Series series : window == null ? List.<Series>of() : window.getSeriesList()) {
                if (series.getDirection() == direction && series.getDestinationService().equals("payments.shop")) {
                    return series;
                }
            }
        }
        throw new AssertionError("no " + direction + " series was pushed");
    }

    @Test
    void a_policy_that_comes_later_denies_the_caller() throws Exception {
        Hosted payments = hostPayments();
        serve(PAYMENTS, "payments", "shop", "payments", payments.getInboundAddress());
        Hosted web = hostWeb();
        assertThat(get(web, "http://payments.shop/").statusCode()).isEqualTo(200);
        controlPlane.push(ACCESS, "payments.shop", "2", Access.newBuilder().setService("payments.shop")
                .addDenies(AccessRule.newBuilder().setPolicy("shop/no-web")
                        .addIdentities("spiffe://west.mesh/ns/shop/sa/web")).build());
        Eventually.await("denied", () -> {
            try {
                return get(web, "http://payments.shop/").body().contains("shop/no-web");
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void workloads_of_one_proxy_keep_their_identities_and_policies_apart() throws Exception {
        // given two callers and two services in one process; one service lets only one of the callers in
        controlPlane.has(ACCESS, "payments.shop", "1", Access.newBuilder().setService("payments.shop")
                .addAllows(AccessRule.newBuilder().setPolicy("shop/web-only")
                        .addIdentities("spiffe://west.mesh/ns/shop/sa/web")).build());
        Hosted payments = hostPayments();
        serve(PAYMENTS, "payments", "shop", "payments", payments.getInboundAddress());
        Hosted orders = hostCalled(HostWorkload.newBuilder().setId("orders-1.shop").setService("orders").setVersion("v1")
                .setServiceAccount("orders")
                .addPorts(WorkloadPort.newBuilder().setServicePort(80).setAppPort(app.getAddress().getPort())));
        serve("orders.shop.svc.cluster.local", "orders", "shop", "orders", orders.getInboundAddress());
        Hosted web = hostWeb();
        // when, then
        for (int i = 0; i < 5; i++) {
            assertThat(get(web, "http://payments.shop/").body()).isEqualTo("caller URI=spiffe://west.mesh/ns/shop/sa/web");
            HttpResponse<String> denied = get(orders, "http://payments.shop/");
            assertThat(denied.statusCode()).isEqualTo(403);
            assertThat(denied.headers().firstValue("x-meshctl-error")).contains("denied");
            assertThat(denied.body()).contains("shop/web-only", "spiffe://west.mesh/ns/shop/sa/orders");
            assertThat(get(web, "http://orders.shop/").statusCode()).isEqualTo(200);
            assertThat(get(orders, "http://orders.shop/").body())
                    .isEqualTo("caller URI=spiffe://west.mesh/ns/shop/sa/orders");
        }
    }

    @Test
    void an_audited_call_goes_through_and_is_counted_under_the_policy() throws Exception {
        controlPlane.has(ACCESS, "payments.shop", "1", Access.newBuilder().setService("payments.shop")
                .addAudits(AccessRule.newBuilder().setPolicy("shop/watch").addNamespaces("shop")).build());
        Hosted payments = hostPayments();
        serve(PAYMENTS, "payments", "shop", "payments", payments.getInboundAddress());
        Hosted web = hostWeb();

        assertThat(get(web, "http://payments.shop/").statusCode()).isEqualTo(200);

        awaitMetric("meshctl_audited_total{policy=\"shop/watch\",destination=\"payments.shop\",allowed=\"true\"} 1");
    }

    @Test
    void connections_are_counted_by_their_kind_while_open_and_by_cause_when_closed() throws Exception {
        Hosted payments = hostPayments();
        serve(PAYMENTS, "payments", "shop", "payments", payments.getInboundAddress());
        Hosted web = hostWeb();
        InetSocketAddress through = HostPort.parse(web.getOutboundAddress()).toSocketAddress();
        try (RawHttp client = new RawHttp(through)) {
            client.send("GET / HTTP/1.1\r\nhost: payments\r\n\r\n").readUntil("sa/web");

            awaitMetric("meshctl_connections_open{kind=\"outbound\"} 1");
            awaitMetric("meshctl_connections_open{kind=\"endpoint\"} 1");
            awaitMetric("meshctl_connections_open{kind=\"application\"} 1");
        }
        awaitMetric("meshctl_connections_open{kind=\"outbound\"} 0");
        awaitMetric("meshctl_connections_closed_total{kind=\"outbound\",cause=\"peer\"} 1");
        try (RawHttp plain = new RawHttp(HostPort.parse(payments.getInboundAddress()).toSocketAddress())) {
            plain.send("GET / HTTP/1.1\r\nhost: payments\r\n\r\n").readAll();
        }
        awaitMetric("meshctl_connections_closed_total{kind=\"inbound\",cause=\"refused\"} 1");
    }

    @Test
    void a_mesh_that_turns_permissive_lets_plain_callers_in_and_counts_them_as_such() throws Exception {
        Hosted payments = hostPayments();
        InetSocketAddress inbound = HostPort.parse(payments.getInboundAddress()).toSocketAddress();
        try (RawHttp strict = new RawHttp(inbound)) {
            assertThat(strict.send("GET / HTTP/1.1\r\nhost: payments\r\n\r\n").readAll()).isEmpty();
        }
        controlPlane.push(SETTINGS, "default", "2", Settings.newBuilder()
                .setCluster("west").setTelemetryWindowMs(1000).setPermissive(true).build());
        Eventually.await("plain callers are let in", () -> {
            try (RawHttp plain = new RawHttp(inbound)) {
                return plain.send("GET / HTTP/1.1\r\nhost: payments\r\nconnection: close\r\n\r\n").readAll()
                        .endsWith("caller null");
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        Eventually.await("counted as plain", () -> {
            try {
                return metrics().lines().anyMatch(line -> line.startsWith("meshctl_requests_total{direction=\"inbound\"")
                        && line.contains("mtls=\"false\"") && line.contains("status=\"200\"")
                        && !line.contains("source="));
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    private void awaitMetric(String line) throws InterruptedException {
        Eventually.await(line, () -> {
            try {
                return metrics().lines().anyMatch(line::equals);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void calls_go_on_while_the_control_plane_is_away() throws Exception {
        Hosted payments = hostPayments();
        serve(PAYMENTS, "payments", "shop", "payments", payments.getInboundAddress());
        Hosted web = hostWeb();
        assertThat(get(web, "http://payments.shop/").statusCode()).isEqualTo(200);
        controlPlane.stop();
        for (int i = 0; i < 20; i++) {
            assertThat(get(web, "http://payments.shop/").statusCode()).isEqualTo(200);
        }
        controlPlane.start();
    }

    @Test
    void a_probe_is_a_real_call_with_evidence() throws Exception {
        var stub = ProxyAdminGrpc.newBlockingStub(admin);
        Eventually.await("the probe workload is hosted", () ->
                stub.list(ListWorkloadsRequest.getDefaultInstance()).getWorkloadsList().stream()
                        .anyMatch(one -> one.getProbe() && one.getService().equals("probe") && one.getReady()));
        var probe = stub.list(ListWorkloadsRequest.getDefaultInstance()).getWorkloads(0);
        serve(PROBE, "probe", "meshctl-system", "probe",
                new HostPort(probe.getInboundAddress(), probe.getInboundPort()).toString());
        Eventually.await("the probe has a caller", () -> canProbe(stub));
        assertThat(stub.probe(ProbeRequest.newBuilder().setUrl("http://" + PROBE + "/").setCount(3).setTimeoutMs(60_000).build())
                .getResultsList()).hasSize(3).allSatisfy(result -> {
                    assertThat(result.getError()).isEmpty();
                    assertThat(result.getStatus()).isEqualTo(200);
                    assertThat(result.getPeerIdentity())
                            .isEqualTo("spiffe://west.mesh/ns/meshctl-system/sa/probe");
                    assertThat(result.getServedBy()).isEqualTo("west");
                });
        ProbeResult none = stub.probe(ProbeRequest.newBuilder().setUrl("http://nobody.shop/").setTimeoutMs(60_000).build()).getResults(0);
        assertThat(none.getError()).startsWith("no_such_service");
    }

    private static boolean canProbe(ProxyAdminGrpc.ProxyAdminBlockingStub stub) {
        try {
            return stub.probe(ProbeRequest.newBuilder().setUrl("http://nobody.shop/").setTimeoutMs(60_000).build()).getResultsCount() == 1;
        } catch (StatusRuntimeException e) {
            return false;
        }
    }
}
