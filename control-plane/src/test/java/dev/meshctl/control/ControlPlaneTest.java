package dev.meshctl.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.admin.ApplyResponse;
import dev.meshctl.api.proto.admin.CheckAccessRequest;
import dev.meshctl.api.proto.admin.GatewayView;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.api.proto.config.ConsumerRoutes;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.GatewayControlGrpc;
import dev.meshctl.api.proto.control.GatewayDown;
import dev.meshctl.api.proto.control.GatewayHello;
import dev.meshctl.api.proto.control.GatewayUp;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.api.proto.control.LinkStatus;
import dev.meshctl.api.proto.control.NodeReport;
import dev.meshctl.api.proto.control.NodeReportAck;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.api.proto.control.WorkloadRegistryGrpc;
import dev.meshctl.api.proto.telemetry.TelemetryGrpc;
import dev.meshctl.api.proto.xds.AggregatedDiscoveryServiceGrpc;
import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.api.proto.xds.DeltaDiscoveryResponse;
import dev.meshctl.api.proto.xds.Node;
import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.TrafficShift.Event;
import dev.meshctl.control.client.AdminClient;
import dev.meshctl.control.federation.LinkToken;
import dev.meshctl.control.federation.TrustBundles;
import dev.meshctl.control.snapshot.ConfigType;
import dev.meshctl.control.telemetry.Windows;
import dev.meshctl.runtime.bundle.BundleStore;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.runtime.testing.Stranger;
import dev.meshctl.runtime.testing.TestAuthority;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole control plane on loopback, with proxies, a gateway and an admin that speak to it over mTLS. */
class ControlPlaneTest {
    private static final TestAuthority WEST = new TestAuthority(new TrustDomain("west.mesh"));
    private static final TestAuthority EAST = new TestAuthority(new TrustDomain("east.mesh"));
    private static final String PAYMENTS = "payments.shop.svc.cluster.local";

    @TempDir
    Path directory;

    private final MovableClock clock = new MovableClock();
    private final AtomicReference<Consumer<Bundles>> onBundles = new AtomicReference<>(b -> { });
    private final Map<TrustDomain, TrustBundle> trustBridge = new ConcurrentHashMap<>(Map.of(WEST.trustDomain(), WEST.bundle()));
    private volatile boolean trustBridgeAway;
    private final List<AutoCloseable> closing = new ArrayList<>();
    private final Counters counters = new Counters();
    private ControlPlane plane;
    private AdminClient admin;

    @BeforeEach
    void start() throws Exception {
        Files.write(directory.resolve("bundle.json"), SpiffeJson.write(WEST.bundle()));
        Path data = Files.createDirectories(directory.resolve("control-plane"));
        DaemonConfig config = new DaemonConfig("west", WEST.trustDomain(), "n1", data,
                Map.of("api", "127.0.0.1:0", "metrics", "127.0.0.1:0"), null, null,
                directory.resolve("bundle.json"), directory.resolve("tokens"), Map.of("region", "eu"));
        BundleStore bundles = OwnBundles.open(config, counters);
        plane = ControlPlane.start(config, clock, new Identity(
                as(WEST, SystemIdentity.CONTROL_PLANE), bundles, new FakeTrustBridge(), () -> Optional.of("away"),
                on -> {
                    onBundles.set(on);
                    return () -> { };
                }, counters::snapshot));
        admin = adminAs(as(WEST, SystemIdentity.ADMIN));
    }

    private AdminClient adminAs(SvidSource svid) {
        AdminClient client = new AdminClient(api(), WEST.trustDomain(), svid, WEST::bundles, Duration.ofSeconds(Await.SECONDS));
        closing.add(client);
        return client;
    }

    /** How many bundles the trust bridge takes from now on without keeping them. */
    private final AtomicInteger swallowed = new AtomicInteger();

    /** Of whom the control plane has been told. */
    private volatile Set<TrustDomain> told = Set.of();

    /** Changes what the trust bridge has and tells of it, as one step: news never overtake each other. */
    private synchronized void change(Runnable change) {
        change.run();
        tell(new Bundles(trustBridge));
    }

    private synchronized void tell(Bundles now) {
        onBundles.get().accept(now);
        told = now.byTrustDomain().keySet();
    }

    private void awaitEastInTrustBridge() throws Exception {
        Await.until("the trust bridge has it and has told so", () -> told.contains(EAST.trustDomain()));
    }

    private final class FakeTrustBridge implements TrustBundles {
        @Override
        public void put(TrustBundle bundle) throws IOException {
            if (trustBridgeAway) {
                throw new IOException("away");
            }
            if (swallowed.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                return;
            }
            change(() -> trustBridge.put(bundle.trustDomain(), bundle));
        }

        @Override
        public void remove(TrustDomain trustDomain) {
            change(() -> trustBridge.remove(trustDomain));
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable part : closing) {
            part.close();
        }
        plane.close();
    }

    private HostPort api() {
        return HostPort.parse(plane.listening().get("api"));
    }

    private static SvidSource as(TestAuthority authority, SystemIdentity part) {
        return TestAuthority.fixed(authority.issue(SpiffeId.of(authority.trustDomain(), part), Duration.ofHours(1)));
    }

    private ManagedChannel channel(SvidSource svid) {
        ManagedChannel channel = MeshChannel.builder(api(), svid, WEST::bundles, id -> true, null).build();
        closing.add(channel::shutdownNow);
        return channel;
    }

    /** What arrives on a stream. */
    private static final class Inbox<T> implements StreamObserver<T> {
        private final BlockingQueue<T> received = new LinkedBlockingQueue<>();

        @Override
        public void onNext(T message) {
            received.add(message);
        }

        @Override
        public void onError(Throwable t) { }

        @Override
        public void onCompleted() { }

        T await(Predicate<T> wanted) throws InterruptedException {
            long deadline = System.nanoTime() + Duration.ofSeconds(Await.SECONDS).toNanos();
            while (true) {
                T next = received.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                assertThat(next).as("a message that is waited for").isNotNull();
                if (wanted.test(next)) {
                    return next;
                }
            }
        }
    }

    private StreamObserver<NodeReport> host(String... versions) throws InterruptedException {
        Inbox<NodeReportAck> acks = new Inbox<>();
        StreamObserver<NodeReport> reports =
                WorkloadRegistryGrpc.newStub(channel(as(WEST, SystemIdentity.PROXY))).report(acks);
        NodeReport.Builder report = NodeReport.newBuilder().setNode("n1").setSequence(1);
        for (String version : versions) {
            report.addWorkloads(HostedWorkload.newBuilder()
                    .setId("payments-" + version + ".shop").setService("payments").setNamespace("shop").setVersion(version)
                    .setServiceAccount("payments").setSpiffeId("spiffe://west.mesh/ns/shop/sa/payments")
                    .setInboundAddress("127.0.0.1").setInboundPort(15006).setReady(true)
                    .addPorts(WorkloadPort.newBuilder().setServicePort(80).setAppPort(9001)));
        }
        reports.onNext(report.build());
        assertThat(acks.await(a -> a.getSequence() == 1).getRejectedList()).isEmpty();
        return reports;
    }

    private Inbox<DeltaDiscoveryResponse> subscribe(ConfigType type, String name) {
        Inbox<DeltaDiscoveryResponse> inbox = new Inbox<>();
        AggregatedDiscoveryServiceGrpc.newStub(channel(as(WEST, SystemIdentity.PROXY))).deltaAggregatedResources(inbox)
                .onNext(DeltaDiscoveryRequest.newBuilder()
                        .setNode(Node.newBuilder().setId("n-" + closing.size()))
                        .setTypeUrl(type.typeUrl())
                        .addResourceNamesSubscribe(name)
                        .build());
        return inbox;
    }

    private static StatusRuntimeException refused(ThrowingCallable call) {
        return catchThrowableOfType(StatusRuntimeException.class, call);
    }

    private static String policy(String name, String action) {
        return """
                {"apiVersion":"meshctl.dev/v1alpha1","kind":"AccessPolicy","metadata":{"name":"%s","namespace":"shop"},
                 "spec":{"service":"payments","action":"%s","rules":[{"from":{"namespaces":["web"]}}]}}""".formatted(name, action);
    }

    private static String route(String version) {
        return """
                {"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"payments","namespace":"shop"},
                 "spec":{"parentRefs":[{"name":"payments"}],"rules":[{"backendRefs":[
                   {"group":"meshctl.dev","kind":"Version","name":"v1","weight":90},
                   {"group":"meshctl.dev","kind":"Version","name":"%s","weight":10}]}]}}""".formatted(version);
    }

    private static String export(String service) {
        return """
                {"apiVersion":"multicluster.x-k8s.io/v1alpha1","kind":"ServiceExport","metadata":{"name":"%s","namespace":"shop"}}"""
                .formatted(service);
    }

    @Test
    void a_workload_that_a_proxy_reports_reaches_the_proxies_that_call_it() throws Exception {
        Inbox<DeltaDiscoveryResponse> inbox = subscribe(ConfigType.ENDPOINTS, PAYMENTS);
        inbox.await(r -> r.getRemovedResourcesList().contains(PAYMENTS));

        host("v1");

        DeltaDiscoveryResponse pushed = inbox.await(r -> r.getResourcesCount() > 0);
        Endpoints endpoints = Endpoints.parseFrom(pushed.getResources(0).getResource().getValue());
        assertThat(endpoints.getEndpoints(0).getIdentitiesList()).containsExactly("spiffe://west.mesh/ns/shop/sa/payments");
        assertThat(endpoints.getEndpoints(0).getRegion()).isEqualTo("eu");
        assertThat(admin.proxies()).extracting(p -> p.getNode()).contains("n1");
        assertThat(admin.status().getWorkloads()).isEqualTo(1);
    }

    @Test
    void a_route_of_another_namespace_reaches_proxies_as_that_of_its_consumer_until_it_is_deleted() throws Exception {
        host("v1", "v2");
        Inbox<DeltaDiscoveryResponse> inbox = subscribe(ConfigType.SERVICE, PAYMENTS);
        assertThat(consumers(inbox.await(r -> r.getResourcesCount() > 0))).isEmpty();

        admin.apply(List.of(route("v2").replace("\"namespace\":\"shop\"", "\"namespace\":\"web\"")
                .replace("{\"name\":\"payments\"}", "{\"name\":\"payments\",\"namespace\":\"shop\"}")), false, "test");

        List<ConsumerRoutes> consumers = consumers(
                inbox.await(r -> r.getResourcesCount() > 0 && service(r).getConsumersCount() > 0));
        assertThat(consumers).singleElement().satisfies(web -> {
            assertThat(web.getNamespace()).isEqualTo("web");
            assertThat(web.getHttpRoutes(0).getId()).isEqualTo("web/payments/0");
        });
        admin.delete("HTTPRoute", "web", "payments", false, "test");
        assertThat(consumers(inbox.await(r -> r.getResourcesCount() > 0))).isEmpty();
    }

    private static List<ConsumerRoutes> consumers(DeltaDiscoveryResponse response) throws Exception {
        return Service.parseFrom(response.getResources(0).getResource().getValue()).getConsumersList();
    }

    @Test
    void what_was_known_is_served_after_a_restart_until_the_grace_is_over() throws Exception {
        host("v1");
        admin.apply(List.of(policy("web", "Deny")), false, "test");
        stop();

        start();
        Inbox<DeltaDiscoveryResponse> inbox = subscribe(ConfigType.ENDPOINTS, PAYMENTS);
        inbox.await(r -> r.getResourcesCount() == 1);
        assertThat(admin.get("accesspolicy", "shop", "web")).hasSize(1);

        clock.move(Duration.ofSeconds(31));
        inbox.await(r -> r.getRemovedResourcesList().contains(PAYMENTS));
    }

    @Test
    void only_the_right_identity_of_the_own_trust_domain_may_call() {
        StatusRuntimeException proxyAsAdmin = refused(() -> adminAs(as(WEST, SystemIdentity.PROXY)).status());
        StatusRuntimeException foreigner = refused(() -> adminAs(as(EAST, SystemIdentity.ADMIN)).status());

        assertThat(proxyAsAdmin.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(foreigner.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void wrong_references_are_refused_with_what_there_is() throws Exception {
        host("v1", "v2");

        assertThat(refused(() -> admin.apply(List.of(route("v9")), false, "test")).getStatus()).satisfies(s -> {
            assertThat(s.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(s.getDescription()).contains("has no version v9").contains("v1, v2");
        });
        assertThat(refused(() -> admin.apply(List.of(export("paymnets")), false, "test")).getStatus().getDescription())
                .contains("did you mean payments.shop?");
        assertThat(refused(() -> admin.get("polices", "", "")).getStatus().getDescription()).contains("did you mean");
        assertThat(refused(() -> admin.delete("policy", "shop", "none", false, "test")).getStatus().getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
    }

    @Test
    void one_wrong_resource_keeps_all_others_of_an_apply_out_and_a_dry_run_stores_nothing() throws Exception {
        host("v1", "v2");

        refused(() -> admin.apply(List.of(policy("web", "Deny"), route("v9")), false, "test"));
        ApplyResponse dry = admin.apply(List.of(policy("web", "Deny"), route("v2")), true, "test");

        assertThat(dry.getResultsList()).extracting(r -> r.getAction()).containsExactly("created", "created");
        assertThat(admin.get("", "shop", "")).noneMatch(r -> r.contains("AccessPolicy") || r.contains("HTTPRoute"));
        admin.apply(List.of(policy("web", "Deny"), route("v2")), false, "ann");
        assertThat(admin.apply(List.of(route("v2")), false, "ann").getResults(0).getAction()).isEqualTo("unchanged");
        assertThat(Files.readString(directory.resolve("control-plane/audit.log")))
                .contains("ann as spiffe://west.mesh/ns/meshctl-system/sa/admin", "HTTPRoute shop/payments");
    }

    private static String routeOf(String kind, String hostnames) {
        return """
                {"apiVersion":"gateway.networking.k8s.io/v1","kind":"%s","metadata":{"name":"payments","namespace":"shop"},
                 "spec":{"parentRefs":[{"name":"payments"}],%s"rules":[{"backendRefs":[
                   {"group":"meshctl.dev","kind":"Version","name":"v1","weight":9}]}]}}""".formatted(kind, hostnames);
    }

    private static Service service(DeltaDiscoveryResponse response) {
        try {
            return Service.parseFrom(response.getResources(0).getResource().getValue());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void routes_of_each_kind_reach_the_proxies_and_who_applies_one_without_effect_is_told() throws Exception {
        host("v1", "v2");
        Inbox<DeltaDiscoveryResponse> inbox = subscribe(ConfigType.SERVICE, PAYMENTS);

        admin.apply(List.of(routeOf("TCPRoute", "")), false, "test");
        inbox.await(r -> r.getResourcesCount() > 0 && service(r).getConnectionRoutesCount() == 1
                && !service(r).getConnectionRoutes(0).getTls());
        admin.apply(List.of(routeOf("TLSRoute", "\"hostnames\":[\"a.example\"],")), false, "test");
        inbox.await(r -> r.getResourcesCount() > 0 && service(r).getConnectionRoutesCount() == 1
                && service(r).getConnectionRoutes(0).getServerNames(0).equals("a.example"));
        admin.apply(List.of(routeOf("GRPCRoute", "")), false, "test");
        inbox.await(r -> r.getResourcesCount() > 0 && service(r).getConnectionRoutesCount() == 0
                && service(r).getHttpRoutes(0).getId().equals("shop/payments/0"));

        assertThat(admin.apply(List.of(routeOf("TCPRoute", "")), true, "test").getResults(0).getWarningsList()).singleElement()
                .asString().contains("spec.parentRefs[0]: has no effect").contains("GRPCRoute and TLSRoute");
        assertThat(admin.get("grpcroute", "shop", "payments")).hasSize(1);
    }

    @Test
    void services_are_listed_with_the_weights_of_their_versions() throws Exception {
        host("v1", "v2");
        admin.apply(List.of(route("v2"), export("payments")), false, "test");

        ServiceView payments = admin.services("").getFirst();

        assertThat(payments.getExported()).isTrue();
        assertThat(payments.getSources(0).getLocal()).isTrue();
        assertThat(payments.getSources(0).getVersionsList()).extracting(v -> v.getWeightPercent()).containsExactly(90, 10);
    }

    @Test
    void access_is_checked_as_proxies_would() throws Exception {
        host("v1");
        admin.apply(List.of(policy("web", "Deny")), false, "test");
        CheckAccessRequest.Builder call = CheckAccessRequest.newBuilder().setService("payments").setNamespace("shop").setMethod("GET").setPath("/");

        assertThat(admin.checkAccess(call.setSourceIdentity("spiffe://west.mesh/ns/web/sa/web").build())).satisfies(d -> {
            assertThat(d.getAllowed()).isFalse();
            assertThat(d.getPolicy()).isEqualTo("shop/web");
        });
        assertThat(admin.checkAccess(call.setSourceIdentity("spiffe://west.mesh/ns/shop/sa/x").build()).getAllowed()).isTrue();
        assertThat(admin.checkAccess(call.setSourceIdentity("spiffe://north.mesh/ns/shop/sa/x").build()).getReason())
                .contains("not linked");
    }

    @Test
    void bundles_that_cannot_be_stored_are_not_taken_for_taken_over() throws Exception {
        Path stored = directory.resolve("control-plane/bundles.json");
        Path aside = directory.resolve("aside");
        Files.move(stored, aside);
        Files.createDirectories(stored.resolve("in the way"));
        Bundles now = new Bundles(Map.of(WEST.trustDomain(), new TrustBundle(
                WEST.trustDomain(), WEST.bundle().authorities(), WEST.bundle().sequence() + 1, Duration.ofMinutes(5))));

        assertThatThrownBy(() -> tell(now)).isInstanceOf(UncheckedIOException.class);
        Files.delete(stored.resolve("in the way"));
        Files.move(aside, stored, StandardCopyOption.REPLACE_EXISTING);

        tell(now);
        assertThat(new BundleStore(stored).current()).isEqualTo(now);
    }

    @Test
    void a_gateway_joins_a_peer_and_its_services_reach_the_proxies_until_the_link_is_removed() throws Exception {
        Inbox<GatewayDown> down = new Inbox<>();
        StreamObserver<GatewayUp> up =
                GatewayControlGrpc.newStub(channel(as(WEST, SystemIdentity.FEDERATION_GATEWAY))).session(down);
        assertThat(down.await(GatewayDown::hasState).getState().getOwnBundle().isEmpty()).isFalse();
        up.onNext(GatewayUp.newBuilder().setHello(GatewayHello.newBuilder().addAddresses("127.0.0.1:15443")).build());
        Await.until("addresses", () -> admin.status().getGatewayAddressesCount() == 1);
        LinkToken token = LinkToken.decode(admin.createLinkToken(Duration.ZERO, "").getToken());

        up.onNext(GatewayUp.newBuilder().setJoinRequest(JoinRequest.newBuilder()
                .setId("1").setSecret(token.secret()).setCluster("east").setTrustDomain("east.mesh")
                .setBundle(ByteString.copyFrom(SpiffeJson.write(EAST.bundle())))).build());
        assertThat(down.await(GatewayDown::hasJoinDecision).getJoinDecision().getAccepted()).isTrue();
        Inbox<DeltaDiscoveryResponse> bundles = subscribe(ConfigType.BUNDLE, "*");
        bundles.await(r -> r.getResourcesList().stream().anyMatch(b -> b.getName().equals("east.mesh")));

        up.onNext(GatewayUp.newBuilder().setLinkStatus(LinkStatus.newBuilder().setPeer("east").setPhase("Active")).build());
        up.onNext(GatewayUp.newBuilder().setImports(PeerImports.newBuilder().setPeer("east").addServices(
                ExportedService.newBuilder().setName("stock").setNamespace("shop").setCluster("east").addVersions(
                        ExportedVersion.newBuilder().setReady(1).setTotal(1)
                                .addIdentities("spiffe://east.mesh/ns/shop/sa/stock")))).build());
        Inbox<DeltaDiscoveryResponse> stock = subscribe(ConfigType.ENDPOINTS, "stock.shop.svc.clusterset.local");
        stock.await(r -> r.getResourcesCount() == 1);
        assertThat(admin.links()).singleElement().satisfies(l -> {
            assertThat(l.getPhase()).isEqualTo("Active");
            assertThat(l.getImportedServices()).isEqualTo(1);
            assertThat(l.getBundleDigestSha256()).isEqualTo(SpiffeJson.digest(EAST.bundle()));
        });

        admin.removeLink("east");
        stock.await(r -> r.getRemovedResourcesCount() == 1);
        bundles.await(r -> r.getRemovedResourcesList().contains("east.mesh"));
        down.await(d -> d.hasState() && d.getState().getLinksCount() == 0);
        assertThat(admin.links()).isEmpty();
    }

    @Test
    void the_versions_of_gateways_and_of_linked_meshes_are_listed_and_what_is_none_is_not() throws Exception {
        Inbox<GatewayDown> down = new Inbox<>();
        StreamObserver<GatewayUp> up =
                GatewayControlGrpc.newStub(channel(as(WEST, SystemIdentity.FEDERATION_GATEWAY))).session(down);
        up.onNext(GatewayUp.newBuilder().setHello(
                GatewayHello.newBuilder().addAddresses("127.0.0.1:15443").setNode("gateway-0").setVersion("1.4.2")).build());
        Await.until("the gateway", () -> admin.status().getGatewaysList().equals(
                List.of(GatewayView.newBuilder().setNode("gateway-0").setVersion("1.4.2").build())));
        LinkToken token = LinkToken.decode(admin.createLinkToken(Duration.ZERO, "").getToken());
        up.onNext(GatewayUp.newBuilder().setJoinRequest(JoinRequest.newBuilder()
                .setId("1").setSecret(token.secret()).setCluster("east").setTrustDomain("east.mesh")
                .setBundle(ByteString.copyFrom(SpiffeJson.write(EAST.bundle())))).build());
        assertThat(down.await(GatewayDown::hasJoinDecision).getJoinDecision().getAccepted()).isTrue();
        LinkStatus status = LinkStatus.newBuilder().setPeer("east").setPhase("Active").build();

        up.onNext(GatewayUp.newBuilder().setLinkStatus(
                status.toBuilder().setPeerVersion("1.3.0").setPeerProtocolLevel(1)).build());
        Await.until("its version", () -> admin.links().getFirst().getPeerVersion().equals("1.3.0"));
        assertThat(admin.links().getFirst().getPeerProtocolLevel()).isEqualTo(1);

        up.onNext(GatewayUp.newBuilder().setLinkStatus(status.toBuilder().setPeerVersion("1.3.0\u001b[31m")).build());
        Await.until("none", () -> admin.links().getFirst().getPeerVersion().isEmpty());
        assertThat(admin.links().getFirst().getPhase()).isEqualTo("Active");
        assertThat(admin.status().getCountersMap()).containsEntry("peer_version_invalid", 1L);
    }

    @Test
    void a_corrupt_file_is_seen_in_the_status_and_the_metrics() throws Exception {
        host("v1");
        admin.apply(List.of(policy("web", "Deny"), policy("api", "Deny")), false, "test");
        stop();
        Files.writeString(directory.resolve("control-plane/store/accesspolicy/shop/web.json"), "{\"kind\":");

        start();

        assertThat(admin.get("policies", "shop", "")).hasSize(1);
        assertThat(admin.status().getCountersMap()).containsEntry("store_files_quarantined", 1L);
        assertThat(admin.status().getTrustBridgeConnected()).isFalse();
        assertThat(scrape("/metrics")).contains("meshctl_control_events_total{event=\"store_files_quarantined\"} 1");
        assertThat(scrape("/readyz")).isEqualTo("ok\n");
    }

    private String scrape(String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(URI.create("http://" + plane.listening().get("metrics") + path)).build(),
                    HttpResponse.BodyHandlers.ofString()).body();
        }
    }

    private void linkEast() {
        admin.acceptLink(new LinkToken("east", EAST.trustDomain(), List.of(HostPort.parse("127.0.0.1:1")), EAST.bundle(),
                "s".repeat(43), clock.instant().plusSeconds(600)).encode(), false);
    }

    @Test
    void strangers_at_either_port_are_counted_by_cause_and_harm_nobody() throws Exception {
        HostPort metrics = HostPort.parse(plane.listening().get("metrics"));
        Svid foreign = EAST.issue(SpiffeId.of(EAST.trustDomain(), SystemIdentity.ADMIN), Duration.ofHours(1));

        Stranger.garbage(api());
        assertThat(Stranger.isServed(api(), null)).as("without certificate").isFalse();
        assertThat(Stranger.isServed(api(), foreign)).as("of an unlinked trust domain").isFalse();
        Stranger.garbage(metrics);

        Await.until("counted", () -> admin.status().getCountersMap().getOrDefault("handshake_failed", 0L) == 3);
        assertThat(admin.status().getCountersMap()).containsEntry("client_unknown_trust_domain", 1L);
        assertThat(scrape("/metrics"))
                .contains("meshctl_control_events_total{event=\"handshake_failed\"} 3")
                .contains("meshctl_metrics_refused_total{cause=\"http_garbage\"} 1");
    }

    @Test
    void the_admin_of_a_linked_mesh_is_known_but_may_do_nothing() throws Exception {
        linkEast();
        Await.until("trusted", () -> admin.status().getBundlesCount() == 2);
        awaitEastInTrustBridge();

        StatusRuntimeException denied = refused(() -> adminAs(as(EAST, SystemIdentity.ADMIN)).status());

        assertThat(denied.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(denied.getStatus().getDescription()).contains("spiffe://east.mesh/", "may not call");
    }

    @Test
    void half_written_bundles_are_set_aside_and_links_stay_trusted_though_the_trust_bridge_is_away() throws Exception {
        linkEast();
        awaitEastInTrustBridge();
        stop();
        Path file = directory.resolve("control-plane/bundles.json");
        Files.writeString(file, "{\"bundles\":{\"east.mesh\":");
        trustBridgeAway = true;

        start();

        subscribe(ConfigType.BUNDLE, "*").await(r -> r.getResourcesList().stream()
                .map(resource -> resource.getName()).toList().containsAll(List.of("east.mesh", "west.mesh")));
        assertThat(file.resolveSibling("bundles.json.corrupt")).hasContent("{\"bundles\":{\"east.mesh\":");
        assertThat(admin.status().getCountersMap()).containsEntry("identity_bundles_corrupt", 1L);
    }

    @Test
    void a_trust_bridge_that_has_lost_the_bundles_of_links_gets_them_back_and_no_proxy_notices() throws Exception {
        linkEast();
        awaitEastInTrustBridge();
        Inbox<DeltaDiscoveryResponse> bundles = subscribe(ConfigType.BUNDLE, "*");
        bundles.await(r -> r.getResourcesList().stream().anyMatch(b -> b.getName().equals("east.mesh")));

        change(() -> trustBridge.remove(EAST.trustDomain()));

        awaitEastInTrustBridge();
        TestAuthority north = new TestAuthority(new TrustDomain("north.mesh"));
        change(() -> trustBridge.putAll(Map.of(north.trustDomain(), north.bundle(), WEST.trustDomain(), new TrustBundle(
                WEST.trustDomain(), List.of(WEST.root(), north.root()), 2, Duration.ofMinutes(5)))));
        DeltaDiscoveryResponse next = bundles.await(r -> true);
        assertThat(next.getRemovedResourcesList()).isEmpty();
        assertThat(next.getResourcesList()).as("north is not linked").extracting(r -> r.getName()).containsExactly("west.mesh");
    }

    @Test
    void a_bundle_that_the_trust_bridge_has_taken_and_lost_without_a_word_is_given_to_it_again() throws Exception {
        linkEast();
        awaitEastInTrustBridge();
        swallowed.set(1);

        change(() -> trustBridge.remove(EAST.trustDomain()));

        awaitEastInTrustBridge();
        assertThat(swallowed).as("the first one was lost").hasValue(0);
    }

    private static final String SHIFT = """
            {"apiVersion":"meshctl.dev/v1alpha1","kind":"TrafficShift","metadata":{"name":"s","namespace":"shop"},
             "spec":{"service":"payments","from":"v1","to":"v2","steps":[10,100],"bake":"60s","onFailure":"Revert",
               "gate":{"successRatePercent":99,"latencyMs":200,"latencyPercentile":95,"minRequests":50}}}""";

    private TrafficShift.Status shift() throws Exception {
        String stored = admin.get("trafficshift", "shop", "s").getFirst();
        return ((TrafficShift) ResourceParser.parseOne("stored", stored, "shop")).status();
    }

    private String weights() throws Exception {
        String stored = admin.get("httproute", "shop", "payments").getFirst();
        return ((HttpRoute) ResourceParser.parseOne("stored", stored, "shop")).spec().rules().getFirst().backendRefs().stream()
                .map(ref -> ref.name() + "=" + ref.weight()).collect(Collectors.joining(" "));
    }

    private void awaitStep(int weight) throws Exception {
        Await.until(weight + " % to v2", () -> shift().weight() == weight && shift().applied());
    }

    /** Lets time pass, in whose last five seconds v2 was called a hundred times. */
    private void passCalled(Duration time, long latencyMs) throws Exception {
        clock.move(time);
        TelemetryGrpc.newBlockingStub(channel(as(WEST, SystemIdentity.PROXY)))
                .withDeadlineAfter(Await.SECONDS, TimeUnit.SECONDS)
                .push(Windows.window(clock.instant().minusSeconds(5), 5, Windows.inbound("v2", 100, 0, latencyMs)));
    }

    @Test
    void a_shift_goes_on_in_the_middle_of_a_step_after_a_restart_and_a_slow_version_is_reverted() throws Exception {
        host("v1", "v2");
        admin.apply(List.of(SHIFT), false, "ann");
        awaitStep(10);
        Instant begun = shift().stepStarted().orElseThrow();
        assertThat(weights()).isEqualTo("v1=90 v2=10");

        clock.move(Duration.ofSeconds(40));
        stop();
        start();
        assertThat(shift().stepStarted()).as("the step bakes on, not anew").contains(begun);
        passCalled(Duration.ofSeconds(15), 20);
        assertThat(shift().weight()).isEqualTo(10);
        clock.move(Duration.ofSeconds(5));
        awaitStep(100);
        assertThat(weights()).isEqualTo("v1=0 v2=100");

        // not the whole bake at once: a look at the gate between the move and the calls would find none
        passCalled(Duration.ofSeconds(55), 500);
        clock.move(Duration.ofSeconds(5));
        awaitStep(0);

        assertThat(shift().phase()).isEqualTo(TrafficShift.Phase.REVERTED);
        assertThat(shift().reason()).startsWith("p95 latency 5").endsWith("of 100 requests is above 200 ms");
        assertThat(weights()).isEqualTo("v1=100 v2=0");
        assertThat(shift().journal()).extracting(entry -> entry.event()).containsExactly(
                Event.STARTED, Event.STEP, Event.GATE_PASSED, Event.STEP, Event.GATE_FAILED, Event.REVERTED);
    }

    @Test
    void on_a_full_disk_a_link_stays_trusted_and_new_bundles_are_counted_as_not_in_use() throws Exception {
        linkEast();
        awaitEastInTrustBridge();
        Path file = directory.resolve("control-plane/bundles.json");
        assertThat(file).content().contains("east.mesh");
        Files.delete(file);
        Files.createDirectories(file.resolve("full"));
        TestAuthority north = new TestAuthority(new TrustDomain("north.mesh"));

        assertThatThrownBy(() -> tell(
                new Bundles(Map.of(WEST.trustDomain(), WEST.bundle(), north.trustDomain(), north.bundle()))))
                .as("whoever tells them tells them again").isInstanceOf(UncheckedIOException.class);

        assertThat(admin.status().getCountersMap()).containsEntry("bundles_not_stored", 1L);
        assertThat(admin.status().getBundlesList()).extracting(b -> b.getTrustDomain())
                .containsExactlyInAnyOrder("west.mesh", "east.mesh");
        Files.delete(file.resolve("full"));
        Files.delete(file);
    }

    @Test
    void a_wrong_field_an_empty_and_a_cyclic_policy_are_refused_with_the_place_and_nothing_is_stored() throws Exception {
        host("v1");
        String allow = policy("allow", "Allow");
        String misspelt = policy("web", "Deny").replace("\"action\"", "\"acton\"");
        String empty = policy("web", "Deny").replaceAll("\"rules\":\\[.*]}}$", "\"rules\":[]}}");
        assertThat(empty).contains("\"rules\":[]");

        for (Map.Entry<String, String> wrong : Map.of(
                misspelt, "spec.acton",
                empty, "at least one rule",
                policy("deny", "Deny"), "cyclic policy",
                "{\"kind\":", "1:").entrySet()) {
            Status status = refused(() -> admin.apply(List.of(allow, wrong.getKey()), false, "test")).getStatus();
            assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(status.getDescription()).contains(wrong.getValue());
            assertThat(admin.get("accesspolicy", "shop", "")).isEmpty();
        }
    }
}
