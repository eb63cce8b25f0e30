package dev.meshctl.control.registry.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.control.TestCluster;
import dev.meshctl.control.registry.NodeView;
import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KubernetesRegistryTest {
    private static final ServiceName PAYMENTS = new ServiceName("payments", "shop");

    private final MockApi api = MockApi.crud();
    private final KubernetesClient client = api.client();
    private final Informers informers = new Informers(new Counters());
    private final Set<ServiceName> changed = ConcurrentHashMap.newKeySet();
    private KubernetesRegistry registry;

    private void start() throws Exception {
        registry = new KubernetesRegistry(client, informers, new TrustDomain("west.mesh"), changed::addAll);
        informers.start(Duration.ofSeconds(Await.SECONDS));
    }

    @AfterEach
    void stop() {
        informers.close();
        api.close();
    }

    private void service(boolean injected) {
        TestCluster.namespace(client, "shop", injected);
        client.services().inNamespace("shop").resource(TestCluster.service()).create();
    }

    private Pod pod(String name, String address, boolean proxied) {
        return client.pods().inNamespace("shop").resource(TestCluster.pod(name, "v1", address, proxied)).create();
    }

    private void slice(EndpointSlice slice) {
        client.discovery().v1().endpointSlices().inNamespace("shop").resource(slice).create();
    }

    @Test
    void a_service_is_as_old_as_its_object() throws Exception {
        TestCluster.namespace(client, "shop", true);
        client.services().inNamespace("shop").resource(new ServiceBuilder(TestCluster.service()).editMetadata()
                .withCreationTimestamp("2026-01-31T12:00:00Z").endMetadata().build()).create();
        String created = client.services().inNamespace("shop").withName("payments").get().getMetadata().getCreationTimestamp();
        slice(TestCluster.slice(pod("a", "10.0.0.1", true)));
        start();

        assertThat(registry.declared(PAYMENTS).orElseThrow().metadata().creationTimestamp()).contains(Instant.parse(created));
    }

    @Test
    void a_pod_without_the_proxy_gets_no_calls_of_the_mesh() throws Exception {
        service(true);
        slice(TestCluster.slice(pod("a", "10.0.0.1", true), pod("b", "10.0.0.2", false)));
        start();

        assertThat(registry.of(PAYMENTS)).extracting(HostedWorkload::getInboundAddress).containsExactly("10.0.0.1");
    }

    @Test
    void a_service_whose_pods_have_no_proxy_is_left_to_the_cluster() throws Exception {
        service(true);
        slice(TestCluster.slice(pod("b", "10.0.0.2", false)));
        start();

        assertThat(registry.type(PAYMENTS)).isPresent();
        assertThat(registry.declared(PAYMENTS)).isEmpty();
        assertThat(registry.virtualAddresses(PAYMENTS)).isEmpty();
    }

    @Test
    void a_service_without_any_endpoint_is_the_meshs_where_pods_get_the_proxy() throws Exception {
        service(true);
        start();

        assertThat(registry.declared(PAYMENTS).orElseThrow().spec().ports()).extracting(p -> p.port()).containsExactly(80, 9090);
        assertThat(registry.of(PAYMENTS)).isEmpty();
    }

    @Test
    void a_slice_with_null_for_its_endpoints_as_the_api_server_writes_it_hides_nothing_of_others() throws Exception {
        service(true);
        start();

        client.raw("/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices", "POST", """
                {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"payments-empty","namespace":"shop",
                 "labels":{"kubernetes.io/service-name":"payments"}},"addressType":"IPv4","endpoints":null,"ports":null}
                """);
        slice(TestCluster.slice(pod("a", "10.0.0.1", true)));

        Await.until("the pod is known", () -> registry.of(PAYMENTS).size() == 1);
    }

    @Test
    void a_gateway_without_a_pod_whose_slice_has_null_for_its_endpoints_is_on_no_node() throws Exception {
        service(true);
        client.raw("/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices", "POST", """
                {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"payments-empty","namespace":"shop",
                 "labels":{"kubernetes.io/service-name":"payments"}},"addressType":"IPv4","endpoints":null,"ports":null}
                """);
        start();

        assertThat(registry.gateway("shop", "payments").problem()).isEmpty();
    }

    @Test
    void an_endpoint_that_is_terminating_drains() throws Exception {
        service(true);
        EndpointSlice slice = TestCluster.slice(pod("a", "10.0.0.1", true));
        slice.getEndpoints().getFirst().getConditions().setTerminating(true);
        slice.getEndpoints().getFirst().getConditions().setReady(false);
        slice(slice);
        start();

        HostedWorkload workload = registry.of(PAYMENTS).getFirst();
        assertThat(workload.getDraining()).isTrue();
        assertThat(workload.getReady()).isFalse();
    }

    @Test
    void a_pod_with_two_addresses_is_known_by_that_of_the_services_own_family() throws Exception {
        service(true);
        Pod pod = pod("a", "10.0.0.1", true);
        slice(TestCluster.slice(pod));
        EndpointSlice six = new EndpointSliceBuilder(TestCluster.slice(pod)).editMetadata().withName("payments-aaa").endMetadata()
                .withAddressType("IPv6").build();
        six.getEndpoints().getFirst().setAddresses(List.of("fd00::1"));
        slice(six);
        start();

        assertThat(registry.of(PAYMENTS)).extracting(HostedWorkload::getInboundAddress).containsExactly("10.0.0.1");
    }

    @Test
    void an_endpoint_that_names_no_pod_is_known_by_its_address() throws Exception {
        TestCluster.namespace(client, "shop", false);
        client.services().inNamespace("shop").resource(new ServiceBuilder(TestCluster.service()).editSpec()
                .withSelector(null).withClusterIP("None").withClusterIPs("None").endSpec().build()).create();
        EndpointSlice slice = TestCluster.slice(pod("a", "10.0.0.1", true));
        slice.getEndpoints().getFirst().setTargetRef(null);
        slice(slice);
        start();

        assertThat(registry.of(PAYMENTS)).extracting(HostedWorkload::getSpiffeId)
                .containsExactly("spiffe://west.mesh/ns/shop/sa/payments");
        assertThat(registry.virtualAddresses(PAYMENTS)).as("of a headless service").isEmpty();
    }

    private void ready(Pod pod, boolean proxyReady) {
        client.pods().inNamespace("shop").resource(new PodBuilder(pod).editOrNewStatus().withPhase("Running")
                .withInitContainerStatuses(new ContainerStatusBuilder().withName("meshctl-proxy").withReady(proxyReady).build())
                .endStatus().build()).updateStatus();
    }

    @Test
    void probes_are_answered_by_each_proxy_that_is_ready_as_the_pod_it_is_in() throws Exception {
        TestCluster.namespace(client, "shop", true);
        ready(pod("a", "10.0.0.1", true), true);
        ready(pod("starting", "10.0.0.2", true), false);
        pod("none", "10.0.0.3", false);
        start();

        ServiceName probe = new ServiceName("probe", "meshctl-system");
        assertThat(registry.services()).containsExactly(probe);
        assertThat(registry.of(probe)).singleElement().satisfies(workload -> {
            assertThat(workload.getId()).isEqualTo("probe-a.shop");
            assertThat(workload.getSpiffeId()).startsWith("spiffe://west.mesh/ns/shop/sa/");
            assertThat(workload.getInboundAddress()).isEqualTo("10.0.0.1");
            assertThat(workload.getInboundPort()).isEqualTo(15006);
            assertThat(workload.getProbe()).isTrue();
        });
    }

    @Test
    void who_answers_probes_is_told_when_a_proxy_becomes_ready_or_goes() throws Exception {
        TestCluster.namespace(client, "shop", true);
        Pod pod = pod("a", "10.0.0.1", true);
        start();
        ServiceName probe = new ServiceName("probe", "meshctl-system");
        assertThat(registry.of(probe)).isEmpty();

        ready(pod, true);
        Await.until("it is told", () -> changed.contains(probe) && registry.of(probe).size() == 1);
        changed.clear();
        client.pods().inNamespace("shop").withName("a").delete();

        Await.until("its end is told", () -> changed.contains(probe) && registry.of(probe).isEmpty());
    }

    @Test
    void a_node_is_a_pod_that_runs_with_a_proxy_named_as_its_proxy_names_itself() throws Exception {
        service(true);
        Pod pod = pod("a", "10.0.0.1", true);
        slice(TestCluster.slice(pod));
        ready(pod, true);
        ready(pod("client", "10.0.0.2", true), true);
        client.pods().inNamespace("shop").resource(new PodBuilder(pod("waiting", "10.0.0.4", true)).editOrNewStatus()
                .withPhase("Pending").endStatus().build()).updateStatus();
        start();

        assertThat(registry.nodes()).extracting(NodeView::node).containsExactly("a.shop", "client.shop");
        assertThat(registry.nodes().getFirst().workloads()).extracting(HostedWorkload::getId).containsExactly("a.shop");
        assertThat(registry.nodes().getLast().workloads()).isEmpty();
    }
}
