package dev.meshctl.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.proto.control.RelayTarget;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RouteTableTest {
    private static final ServiceName PAYMENTS = new ServiceName("payments", "shop");

    private final List<String> ignored = new ArrayList<>();
    private final RouteTable table = RouteTable.of("east", new TrustDomain("east.example"), GatewayState.newBuilder()
            .addLinks(Link.newBuilder().setPeer("west").setTrustDomain("west.mesh")
                    .addAddresses("127.1.0.3:15443").addAddresses("gateway.west.example:15443").addAddresses("no port"))
            .addExports(LocalExport.newBuilder()
                    .setService(ExportedService.newBuilder().setName("payments").setNamespace("shop")
                            .addPorts(ExportedPort.newBuilder().setNumber(80)))
                    .addTargets(target("127.2.1.1", "v1", true))
                    .addTargets(target("127.2.1.2", "v2", true))
                    .addTargets(target("127.2.1.3", "v3", false))
                    .addTargets(target("not an address", "v1", true)))
            .build(), ignored::add);

    private static RelayTarget target(String address, String version, boolean ready) {
        return RelayTarget.newBuilder().setAddress(address).setPort(15006).setVersion(version).setReady(ready).build();
    }

    @Test
    void an_exported_service_leads_to_its_ready_workloads() {
        assertThat(table.route("80.payments.shop.east.mesh", false)).isEqualTo(new Route.Workloads(PAYMENTS, 80, List.of(
                new InetSocketAddress("127.2.1.1", 15006), new InetSocketAddress("127.2.1.2", 15006))));
    }

    @Test
    void a_version_leads_to_workloads_of_that_version_only() {
        assertThat(table.route("v2.80.payments.shop.east.mesh", false))
                .isEqualTo(new Route.Workloads(PAYMENTS, 80, List.of(new InetSocketAddress("127.2.1.2", 15006))));
    }

    @Test
    void a_version_without_ready_workload_has_no_target() {
        assertThat(table.route("v3.80.payments.shop.east.mesh", false))
                .isEqualTo(new Route.Refused(RefusalCause.NO_READY_TARGET));
    }

    @Test
    void another_port_or_service_is_not_exported() {
        assertThat(table.route("81.payments.shop.east.mesh", true))
                .isEqualTo(new Route.Refused(RefusalCause.NOT_EXPORTED));
        assertThat(table.route("80.inventory.shop.east.mesh", true))
                .isEqualTo(new Route.Refused(RefusalCause.NOT_EXPORTED));
    }

    @Test
    void a_linked_cluster_is_reached_from_the_own_side_only() {
        assertThat(table.route("80.web.shop.west.mesh", true)).isInstanceOfSatisfying(Route.Peer.class,
                peer -> assertThat(peer.gateways()).hasSize(2).first()
                        .isEqualTo(new InetSocketAddress("127.1.0.3", 15443)));
        assertThat(table.route("80.web.shop.west.mesh", false))
                .isEqualTo(new Route.Refused(RefusalCause.TRANSIT_REFUSED));
    }

    @Test
    void a_cluster_without_link_and_a_strange_name_are_refused_under_their_causes() {
        assertThat(table.route("80.web.shop.north.mesh", true))
                .isEqualTo(new Route.Refused(RefusalCause.UNKNOWN_CLUSTER));
        assertThat(table.route("www.example.com", true)).isEqualTo(new Route.Refused(RefusalCause.UNKNOWN_SNI));
        assertThat(table.route("", true)).isEqualTo(new Route.Refused(RefusalCause.UNKNOWN_SNI));
        assertThat(table.route("peering.west.mesh", true)).isEqualTo(new Route.Refused(RefusalCause.UNKNOWN_SNI));
    }

    @Test
    void the_gateways_own_names_are_of_its_trust_domain() {
        assertThat(table.route("peering.east.example", false)).isEqualTo(new Route.Peering());
        assertThat(table.route("link.east.example", false)).isEqualTo(new Route.LinkHandshake());
    }

    @Test
    void entries_that_are_not_valid_are_left_out_and_reported() {
        assertThat(ignored).hasSize(2).anyMatch(text -> text.contains("not an address"))
                .anyMatch(text -> text.contains("link west"));
    }
}
