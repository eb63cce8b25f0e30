package dev.meshctl.control.registry.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.control.registry.GatewayReach;
import dev.meshctl.runtime.net.HostPort;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GatewayServiceTest {
    private static final String NAME = "mesh-system/federation-gateway";

    private static ServiceBuilder service(String type) {
        return new ServiceBuilder().withNewMetadata().withName("federation-gateway").withNamespace("mesh-system").endMetadata()
                .withNewSpec().withType(type).withClusterIP("10.96.0.9")
                .addNewPort().withName("east-west").withPort(15443).withNodePort(31443).endPort().endSpec();
    }

    private static Node node(String name, String created, boolean ready, String type, String address) {
        return new NodeBuilder().withNewMetadata().withName(name).withCreationTimestamp(created).endMetadata()
                .withNewStatus().addNewCondition().withType("Ready").withStatus(ready ? "True" : "False").endCondition()
                .addNewAddress().withType("InternalIP").withAddress("10.0.0.1").endAddress()
                .addNewAddress().withType(type).withAddress(address).endAddress().endStatus().build();
    }

    private static GatewayReach reach(Service service, Node... nodes) {
        return GatewayService.of(Optional.of(service), NAME, List.of(nodes), name -> name.equals("here"));
    }

    @Test
    void a_load_balancer_is_dialled_by_its_address_or_its_name() {
        Service service = service("LoadBalancer").withNewStatus().withNewLoadBalancer()
                .addNewIngress().withIp("203.0.113.7").endIngress()
                .addNewIngress().withHostname("gw.example.org").endIngress()
                .endLoadBalancer().endStatus().build();

        GatewayReach reach = reach(service);

        assertThat(reach.outside()).extracting(HostPort::toString).containsExactly("203.0.113.7:15443", "gw.example.org:15443");
        assertThat(reach.inside()).contains(new HostPort("10.96.0.9", 15443));
        assertThat(reach.problem()).isEmpty();
    }

    @Test
    void a_load_balancer_that_is_pending_says_why_and_what_to_do() {
        GatewayReach reach = reach(service("LoadBalancer").build());

        assertThat(reach.outside()).isEmpty();
        assertThat(reach.inside()).as("the own proxies need none").isPresent();
        assertThat(reach.problem()).contains("has no address yet")
                .contains("kubectl describe service --namespace mesh-system federation-gateway").contains("gateway.advertise");
    }

    @Test
    void of_the_nodes_behind_a_node_port_the_oldest_that_are_ready_are_dialled_from_outside_if_they_can_be() {
        GatewayReach reach = reach(service("NodePort").build(),
                node("b", "2026-01-02T00:00:00Z", true, "Hostname", "b"),
                node("a", "2026-01-01T00:00:00Z", true, "ExternalIP", "198.51.100.1"),
                node("c", "2025-01-01T00:00:00Z", false, "ExternalIP", "198.51.100.3"));

        assertThat(reach.outside()).extracting(HostPort::toString).containsExactly("198.51.100.1:31443", "10.0.0.1:31443");
    }

    @Test
    void nodes_are_bounded() {
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            nodes.add(node("n" + i, "2026-01-01T00:00:00Z", true, "ExternalIP", "198.51.100." + i));
        }

        assertThat(reach(service("NodePort").build(), nodes.toArray(Node[]::new)).outside()).hasSize(GatewayService.MAX_NODES);
    }

    @Test
    void nodes_that_pass_on_to_their_own_pods_alone_need_one() {
        Service service = service("NodePort").editSpec().withExternalTrafficPolicy("Local").endSpec().build();

        assertThat(reach(service, node("elsewhere", "2026-01-01T00:00:00Z", true, "ExternalIP", "198.51.100.1"),
                node("here", "2026-01-02T00:00:00Z", true, "ExternalIP", "198.51.100.2")).outside())
                .extracting(HostPort::toString).containsExactly("198.51.100.2:31443");
        assertThat(reach(service).problem()).contains("no node that is ready");
    }

    @Test
    void a_service_within_the_cluster_is_dialled_by_name_and_one_that_is_missing_is_told() {
        assertThat(reach(service("ClusterIP").build()).outside())
                .containsExactly(new HostPort("federation-gateway.mesh-system.svc", 15443));
        assertThat(GatewayService.of(Optional.empty(), NAME, List.of(), n -> true).problem()).contains(NAME + " is not there");
    }
}
