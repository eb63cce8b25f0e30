package dev.meshctl.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.config.Address;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.xds.AggregatedDiscoveryServiceGrpc;
import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.api.proto.xds.DeltaDiscoveryResponse;
import dev.meshctl.api.proto.xds.Node;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.control.client.AdminClient;
import dev.meshctl.control.federation.LinkToken;
import dev.meshctl.control.federation.TrustBundles;
import dev.meshctl.control.snapshot.ConfigType;
import dev.meshctl.kubernetes.client.ApiClients;
import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.grpc.NotLeading;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.TestAuthority;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole control plane on loopback whose cluster is a mock of an API server. */
class KubernetesControlPlaneTest {
    private static final TestAuthority WEST = new TestAuthority(new TrustDomain("west.mesh"));
    private static final String PAYMENTS = "payments.shop.svc.cluster.local";

    @TempDir
    Path directory;

    private final MockApi api = MockApi.crud();
    private final KubernetesClient client = api.client();
    private final List<AutoCloseable> closing = new ArrayList<>();
    /** Hears what the trust bridge would say. */
    private final CompletableFuture<Consumer<Bundles>> trustBridge = new CompletableFuture<>();
    private ControlPlane plane;
    private AdminClient admin;

    @BeforeEach
    void write() throws Exception {
        Files.write(directory.resolve("bundle.json"), SpiffeJson.write(WEST.bundle()));
    }

    private void start(Map<String, String> options) throws Exception {
        Path data = Files.createDirectories(directory.resolve("control-plane"));
        DaemonConfig config = new DaemonConfig("west", WEST.trustDomain(), "control-plane", data,
                Map.of("api", "127.0.0.1:0", "metrics", "127.0.0.1:0"), null, null,
                directory.resolve("bundle.json"), directory.resolve("tokens"), options);
        plane = ControlPlane.start(config, InstantSource.system(),
                new Identity(TestAuthority.fixed(WEST.issue(SpiffeId.of(WEST.trustDomain(), SystemIdentity.CONTROL_PLANE),
                        Duration.ofHours(1))), OwnBundles.open(config, new Counters()), new NoTrustBridge(), Optional::empty,
                        on -> {
                            trustBridge.complete(on);
                            return () -> { };
                        }, Map::of),
                counted -> ApiClients.of(client.getConfiguration()));
        admin = new AdminClient(api(), WEST.trustDomain(), svid(SpiffeId.of(WEST.trustDomain(), SystemIdentity.ADMIN)),
                WEST::bundles, Duration.ofSeconds(Await.SECONDS));
        closing.add(admin);
    }

    private void start() throws Exception {
        start(Map.of("platform", "kubernetes", "namespace", "mesh-system", "revision", "default", "promoted", "true",
                "lease", "control-plane"));
    }

    private static final class NoTrustBridge implements TrustBundles {
        @Override
        public void put(TrustBundle bundle) { }

        @Override
        public void remove(TrustDomain trustDomain) { }
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable part : closing) {
            part.close();
        }
        if (plane != null) {
            plane.close();
        }
        api.close();
    }

    private HostPort api() {
        return HostPort.parse(plane.listening().get("api"));
    }

    private static SvidSource svid(SpiffeId id) {
        return TestAuthority.fixed(WEST.issue(id, Duration.ofHours(1)));
    }

    private BlockingQueue<DeltaDiscoveryResponse> subscribe(ConfigType type, String name) {
        BlockingQueue<DeltaDiscoveryResponse> received = new LinkedBlockingQueue<>();
        ManagedChannel channel = MeshChannel.builder(
                api(), svid(new SpiffeId(WEST.trustDomain(), "web", "frontend")), WEST::bundles, id -> true, null).build();
        closing.add(channel::shutdownNow);
        AggregatedDiscoveryServiceGrpc.newStub(channel).deltaAggregatedResources(new StreamObserver<>() {
            @Override
            public void onNext(DeltaDiscoveryResponse response) {
                received.add(response);
            }

            @Override
            public void onError(Throwable t) { }

            @Override
            public void onCompleted() { }
        }).onNext(DeltaDiscoveryRequest.newBuilder()
                .setNode(Node.newBuilder().setId("frontend-1.web"))
                .setTypeUrl(type.typeUrl())
                .addResourceNamesSubscribe(name)
                .build());
        return received;
    }

    private static DeltaDiscoveryResponse await(
            BlockingQueue<DeltaDiscoveryResponse> received, Predicate<DeltaDiscoveryResponse> wanted) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(Await.SECONDS).toNanos();
        while (true) {
            DeltaDiscoveryResponse next = received.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            assertThat(next).as("a message that is waited for").isNotNull();
            if (wanted.test(next)) {
                return next;
            }
        }
    }

    private static List<Endpoint> endpoints(DeltaDiscoveryResponse response) {
        try {
            return Endpoints.parseFrom(response.getResources(0).getResource().getValue()).getEndpointsList();
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_sidecar_gets_the_endpoint_of_a_pod_with_its_identity_version_and_locality() throws Exception {
        TestCluster.shop(client);
        start();

        Endpoint endpoint = endpoints(await(subscribe(ConfigType.ENDPOINTS, PAYMENTS), r -> r.getResourcesCount() > 0)).getFirst();

        assertThat(endpoint.getAddress()).isEqualTo("10.0.0.5");
        assertThat(endpoint.getPort()).isEqualTo(15006);
        assertThat(endpoint.getIdentitiesList()).containsExactly("spiffe://west.mesh/ns/shop/sa/payments");
        assertThat(endpoint.getVersion()).isEqualTo("v1");
        assertThat(endpoint.getZone()).isEqualTo(TestCluster.ZONE);
        assertThat(endpoint.getPortsList()).containsExactly(80, 9090);
    }

    @Test
    void a_service_is_known_by_its_virtual_address_and_says_where_a_named_target_port_is() throws Exception {
        TestCluster.shop(client);
        start();

        DeltaDiscoveryResponse addressed = await(subscribe(ConfigType.ADDRESS, "10.96.0.7"), r -> r.getResourcesCount() > 0);
        DeltaDiscoveryResponse response = await(subscribe(ConfigType.SERVICE, PAYMENTS), r -> r.getResourcesCount() > 0);

        assertThat(Address.parseFrom(addressed.getResources(0).getResource().getValue()).getHost()).isEqualTo(PAYMENTS);
        Service service = Service.parseFrom(response.getResources(0).getResource().getValue());
        assertThat(service.getHost()).isEqualTo(PAYMENTS);
        assertThat(service.getVipsList()).containsExactly("10.96.0.7");
        assertThat(service.getPortsList()).extracting(p -> p.getNumber() + ":" + p.getTarget()).containsExactly("80:8080", "9090:0");
    }

    @Test
    void a_route_of_connections_that_comes_while_a_proxy_watches_reaches_it() throws Exception {
        TestCluster.shop(client);
        start();
        BlockingQueue<DeltaDiscoveryResponse> received = subscribe(ConfigType.SERVICE, PAYMENTS);
        await(received, r -> r.getResourcesCount() > 0);

        TestCluster.create(client, Kinds.TCP_ROUTE, """
                apiVersion: gateway.networking.k8s.io/v1
                kind: TCPRoute
                metadata: {name: payments, namespace: shop}
                spec:
                  parentRefs: [{group: "", kind: Service, name: payments, port: 9090}]
                  rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: v1, weight: 1}]}]
                """);

        DeltaDiscoveryResponse pushed = await(received, r -> r.getResourcesCount() > 0
                && r.getResources(0).getResource().getValue().toStringUtf8().contains("shop/payments/0"));
        Service service = Service.parseFrom(pushed.getResources(0).getResource().getValue());
        assertThat(service.getConnectionRoutes(0).getPort()).isEqualTo(9090);
        assertThat(service.getConnectionRoutes(0).getBackends(0).getVersion()).isEqualTo("v1");
    }

    @Test
    void a_sidecar_gets_the_routes_of_its_namespace_for_a_service_of_another_and_not_those_of_a_third() throws Exception {
        TestCluster.shop(client);
        for (String namespace : List.of("batch", "web")) {
            TestCluster.objects(client, Kinds.HTTP_ROUTE, namespace).resource(TestCluster.read(client, """
                    apiVersion: gateway.networking.k8s.io/v1
                    kind: HTTPRoute
                    metadata: {name: payments, namespace: %s}
                    spec:
                      parentRefs: [{group: "", kind: Service, name: payments, namespace: shop, sectionName: http}]
                      rules:
                        - filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: authorization, value: %s-key}]}}]
                          backendRefs: [{name: payments, namespace: shop, port: 80}]
                    """.formatted(namespace, namespace))).create();
        }
        start();

        DeltaDiscoveryResponse response = await(subscribe(ConfigType.SERVICE, PAYMENTS), r -> r.getResourcesCount() > 0
                && r.getResources(0).getResource().getValue().toStringUtf8().contains("web/payments/0"));

        Service service = Service.parseFrom(response.getResources(0).getResource().getValue());
        assertThat(service.getHttpRoutesList()).isEmpty();
        assertThat(service.getConsumersList()).singleElement().satisfies(web -> {
            assertThat(web.getNamespace()).isEqualTo("web");
            assertThat(web.getHttpRoutes(0).getMatches(0).getPort()).isEqualTo(80);
            assertThat(web.getHttpRoutes(0).getBackends(0).getHost()).as("the service itself").isEmpty();
        });
        assertThat(service.toByteString().toStringUtf8()).doesNotContain("batch-key");
    }

    @Test
    void a_pod_behind_two_services_one_of_them_headless_is_known_as_part_of_both_by_its_address() throws Exception {
        TestCluster.shop(client);
        client.services().inNamespace("shop").resource(new ServiceBuilder(TestCluster.service()).editMetadata()
                .withName("ledger").endMetadata().editSpec().withClusterIP("None").withClusterIPs("None").endSpec().build()).create();
        client.discovery().v1().endpointSlices().inNamespace("shop").resource(new EndpointSliceBuilder(TestCluster.slice(
                client.pods().inNamespace("shop").withName("payments-1").get())).editMetadata().withName("ledger-abc")
                .withLabels(Map.of("kubernetes.io/service-name", "ledger")).endMetadata().build()).create();
        start();

        DeltaDiscoveryResponse addressed = await(subscribe(ConfigType.ADDRESS, "10.0.0.5"), r -> r.getResourcesCount() > 0);

        Address address = Address.parseFrom(addressed.getResources(0).getResource().getValue());
        assertThat(address.getWorkload().getService()).isEqualTo("ledger");
        assertThat(address.getOthersList()).extracting(o -> o.getService() + " " + o.getId())
                .containsExactly("payments payments-1.shop");
        assertThat(address.getWorkload().getPortsList()).extracting(p -> p.getServicePort() + ":" + p.getAppPort())
                .containsExactly("80:8080", "9090:9090");
    }

    @Test
    void a_pod_that_comes_while_a_proxy_watches_reaches_it() throws Exception {
        TestCluster.shop(client);
        start();
        BlockingQueue<DeltaDiscoveryResponse> received = subscribe(ConfigType.ENDPOINTS, PAYMENTS);
        await(received, r -> r.getResourcesCount() > 0);

        Pod second = client.pods().inNamespace("shop").resource(TestCluster.pod("payments-2", "v2", "10.0.0.6", true)).create();
        Pod first = client.pods().inNamespace("shop").withName("payments-1").get();
        client.discovery().v1().endpointSlices().inNamespace("shop").withName("payments-abc")
                .edit(s -> s.toBuilder().withEndpoints(TestCluster.slice(first, second).getEndpoints()).build());

        DeltaDiscoveryResponse changed = await(received, r -> endpoints(r).size() == 2);
        assertThat(endpoints(changed)).extracting(Endpoint::getAddress).containsExactly("10.0.0.5", "10.0.0.6");
    }

    @Test
    void proxies_are_not_told_that_a_linked_mesh_is_trusted_no_more_before_the_trust_bridge_has_been_heard() throws Exception {
        TestAuthority east = new TestAuthority(new TrustDomain("east.mesh"));
        TestAuthority south = new TestAuthority(new TrustDomain("south.mesh"));
        linkedTo(east);

        CompletableFuture<Void> started = CompletableFuture.runAsync(() -> {
            try {
                start(Map.of("platform", "kubernetes", "namespace", "mesh-system", "revision", "default", "promoted", "true",
                        "lease", "control-plane", "link-secret", "links"));
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        }, task -> Thread.ofPlatform().start(task));
        Consumer<Bundles> told = trustBridge.get(Await.SECONDS, TimeUnit.SECONDS);
        assertThatThrownBy(() -> started.get(1, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
        told.accept(new Bundles(Map.of(WEST.trustDomain(), WEST.bundle(), east.trustDomain(), east.bundle(),
                south.trustDomain(), south.bundle())));
        started.get(Await.SECONDS, TimeUnit.SECONDS);

        assertThat(subscribe(ConfigType.BUNDLE, "*").poll(Await.SECONDS, TimeUnit.SECONDS).getResourcesList())
                .as("nor is one trusted without a link").extracting(resource -> resource.getName())
                .containsExactlyInAnyOrder("west.mesh", "east.mesh");
    }

    private void linkedTo(TestAuthority mesh) {
        GenericKubernetesResource link = TestCluster.read(client, """
                apiVersion: meshctl.dev/v1alpha1
                kind: MeshLink
                metadata: {name: east}
                spec: {trustDomain: %s, addresses: ["10.9.0.1:15443"]}
                """.formatted(mesh.trustDomain()));
        client.genericKubernetesResources(new ResourceDefinitionContext.Builder().withGroup("meshctl.dev")
                .withVersion("v1alpha1").withKind("MeshLink").withPlural(Kinds.MESH_LINK.plural()).withNamespaced(false).build())
                .resource(link).create();
    }

    @Test
    void a_link_token_names_the_gateways_load_balancer_as_soon_as_it_has_an_address() throws Exception {
        client.services().inNamespace("mesh-system").resource(new ServiceBuilder().withNewMetadata()
                .withName("federation-gateway").withNamespace("mesh-system").endMetadata()
                .withNewSpec().withType("LoadBalancer").withClusterIP("10.96.0.9")
                .addNewPort().withName("east-west").withPort(15443).endPort().endSpec().build()).create();
        start(Map.of("platform", "kubernetes", "gateway-service", "federation-gateway"));
        Await.until("a refusal by the leader", () -> catchThrowableOfType(StatusRuntimeException.class,
                () -> admin.createLinkToken(Duration.ofMinutes(1), "")).getMessage()
                .contains("Service mesh-system/federation-gateway of type LoadBalancer has no address yet"));
        assertThat(admin.status().getGatewayProblem()).contains("has no address yet");

        client.services().inNamespace("mesh-system").withName("federation-gateway").editStatus(s -> s.toBuilder()
                .withNewStatus().withNewLoadBalancer().addNewIngress().withHostname("gw.example.org").endIngress()
                .endLoadBalancer().endStatus().build());

        Await.until("the address", () -> admin.status().getGatewayAddressesCount() > 0);
        assertThat(LinkToken.decode(admin.createLinkToken(Duration.ofMinutes(1), "").getToken()).addresses())
                .containsExactly(new HostPort("gw.example.org", 15443));
    }

    @Test
    void a_replica_that_does_not_lead_refuses_writes_and_names_the_one_that_does() throws Exception {
        ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
        client.leases().inNamespace("mesh-system").resource(new LeaseBuilder().withNewMetadata().withName("control-plane")
                .withNamespace("mesh-system").endMetadata().withNewSpec().withHolderIdentity("control-plane-7f9-abcde")
                .withLeaseDurationSeconds(3600).withAcquireTime(now).withRenewTime(now).endSpec().build()).create();
        start();

        Await.until("the name of the leader", () -> {
            StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class,
                    () -> admin.createLinkToken(Duration.ofMinutes(1), ""));
            assertThat(NotLeading.isReasonOf(refused)).as("it may be made again elsewhere: " + refused).isTrue();
            return String.valueOf(refused.getStatus().getDescription()).contains("pod control-plane-7f9-abcde does");
        });
        assertThat(admin.status().getCluster()).as("it answers what only reads").isEqualTo("west");
    }

    @Test
    void an_identity_of_the_mesh_itself_that_is_no_proxy_gets_no_configuration() throws Exception {
        start();

        StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, () ->
                new AdminClient(api(), WEST.trustDomain(), svid(SpiffeId.of(WEST.trustDomain(), SystemIdentity.PROXY)),
                        WEST::bundles).status());

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    }
}
