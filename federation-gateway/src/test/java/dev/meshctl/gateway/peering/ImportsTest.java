package dev.meshctl.gateway.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.ConnectionRoute;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ImportsTest {
    private final Imports imports = new Imports(new ImportRules("east", new TrustDomain("east.mesh")));

    private static ExportedService.Builder service() {
        return ExportedService.newBuilder().setName("payments").setNamespace("shop").setCluster("east")
                .setResourceVersion("1").addPorts(ExportedPort.newBuilder().setNumber(80))
                .addVersions(ExportedVersion.newBuilder().setVersion("v1").setReady(1).setTotal(1)
                        .addIdentities("spiffe://east.mesh/ns/shop/sa/payments"));
    }

    private static ExportedVersion version(String identity) {
        return ExportedVersion.newBuilder().setVersion("v2").addIdentities(identity).build();
    }

    static List<Map.Entry<String, ExportedService>> lies() {
        return List.of(
                Map.entry("foreign_cluster", service().setCluster("west").build()),
                Map.entry("foreign_identity",
                        service().addVersions(version("spiffe://west.mesh/ns/shop/sa/web")).build()),
                Map.entry("bad_identity", service().addVersions(version("payments")).build()),
                Map.entry("bad_identity", service().addVersions(ExportedVersion.newBuilder().setVersion("v2")).build()),
                Map.entry("bad_name", service().setName("Pay ments").build()),
                Map.entry("bad_port", service().addPorts(ExportedPort.newBuilder().setNumber(70_000)).build()),
                Map.entry("bad_version", service().addVersions(service().getVersions(0)).build()),
                Map.entry("too_large",
                        service().setHttpRoutes(ByteString.copyFrom(new byte[300 * 1024])).build()));
    }

    @ParameterizedTest
    @MethodSource("lies")
    void what_a_peer_may_not_say_is_refused_under_its_cause(Map.Entry<String, ExportedService> lie) {
        assertThatThrownBy(() -> imports.put(lie.getValue())).isInstanceOfSatisfying(ImportRules.Broken.class,
                broken -> assertThat(broken.label()).isEqualTo(lie.getKey()));
        assertThat(imports.all()).isEmpty();
    }

    @Test
    void a_refused_service_leaves_the_one_that_was_known() throws Exception {
        imports.put(service().build());

        assertThatThrownBy(() -> imports.put(service().setResourceVersion("2")
                .addVersions(version("spiffe://west.mesh/ns/shop/sa/web")).build()));
        assertThat(imports.versions()).containsExactly(Map.entry("payments.shop", "1"));
    }

    @Test
    void routes_to_services_of_this_mesh_are_left_out() throws Exception {
        ExportedService hostile = service().setHttpRoutes(routesTo("vault.secure.svc.cluster.local")).build();

        assertThat(imports.put(hostile)).isEqualTo(Imports.Put.TAKEN_WITHOUT_ROUTES);
        assertThat(imports.all()).singleElement().satisfies(s -> assertThat(s.getHttpRoutes().isEmpty()).isTrue());
    }

    @Test
    void connections_may_no_more_be_routed_to_services_of_this_mesh_than_requests() throws Exception {
        ByteString hostile = Service.newBuilder().addConnectionRoutes(ConnectionRoute.newBuilder().setId("shop/payments/0")
                .addBackends(Backend.newBuilder().setHost("vault.secure.svc.cluster.local").setWeight(1))).build().toByteString();

        assertThat(imports.put(service().setHttpRoutes(hostile).build())).isEqualTo(Imports.Put.TAKEN_WITHOUT_ROUTES);
    }

    @Test
    void routes_within_the_peer_are_taken_over() throws Exception {
        assertThat(imports.put(service().setHttpRoutes(routesTo("")).build())).isEqualTo(Imports.Put.TAKEN);
        assertThat(imports.put(service().setHttpRoutes(routesTo("other.shop.svc.east.mesh")).build()))
                .isEqualTo(Imports.Put.TAKEN);
    }

    private static ByteString routesTo(String host) {
        return Service.newBuilder().addHttpRoutes(HttpRoute.newBuilder().setId("shop/payments/0")
                .addBackends(Backend.newBuilder().setHost(host).setWeight(1))).build().toByteString();
    }

    @Test
    void a_peer_has_at_most_ten_thousand_services() throws Exception {
        for (int i = 0; i < ImportRules.MAX_SERVICES; i++) {
            imports.put(service().setName("s" + i).build());
        }

        assertThatThrownBy(() -> imports.put(service().setName("one-more").build()))
                .isInstanceOfSatisfying(ImportRules.Broken.class,
                        broken -> assertThat(broken.label()).isEqualTo("too_many_services"));
        assertThat(imports.put(service().setName("s7").setResourceVersion("2").build()))
                .isEqualTo(Imports.Put.TAKEN);
    }
}
