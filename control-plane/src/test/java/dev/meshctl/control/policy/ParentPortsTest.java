package dev.meshctl.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.Route;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Ports that parents name, by number and by name: payments has 80 "http" and 9090 "grpc", nobody knows those of inventory. */
class ParentPortsTest {
    private static final ServiceCatalog CATALOG = new ServiceCatalog() {
        @Override
        public Collection<ServiceName> services() {
            return List.of(ServiceName.parse("payments.shop"), ServiceName.parse("inventory.shop"));
        }

        @Override
        public Set<String> versions(ServiceName service) {
            return Set.of();
        }

        @Override
        public Map<Integer, String> portNames(ServiceName service) {
            return service.name().equals("payments") ? Map.of(80, "http", 9090, "grpc") : Map.of();
        }
    };

    private static Route route(String parents) throws InvalidResource {
        return (Route) ResourceParser.parseOne("test", """
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: r, namespace: shop}
                spec:
                  parentRefs: [%s]
                  rules: [{backendRefs: [{name: payments}]}]
                """.formatted(parents), "shop");
    }

    private static List<String> findings(String parents) throws InvalidResource {
        return RouteCheck.check(route(parents), CATALOG).stream().map(finding -> finding.path() + ": " + finding.message()).toList();
    }

    @Test
    void a_port_may_be_named_by_number_by_name_or_by_both_if_they_are_those_of_one_port() throws Exception {
        assertThat(findings("{name: payments, port: 9090}")).isEmpty();
        assertThat(findings("{name: payments, sectionName: grpc}")).isEmpty();
        assertThat(findings("{name: payments, sectionName: grpc, port: 9090}")).isEmpty();
        assertThat(findings("{name: payments, sectionName: grpc, port: 80}")).containsExactly("spec.parentRefs[0].sectionName:"
                + " payments.shop has no port named \"grpc\" with the number 80; it has 80 \"http\", 9090 \"grpc\"");
    }

    @Test
    void what_is_not_there_is_said_with_what_there_is() throws Exception {
        assertThat(findings("{name: payments, port: 81}")).containsExactly(
                "spec.parentRefs[0].port: payments.shop has no port 81; it has 80 \"http\", 9090 \"grpc\"");
        assertThat(findings("{name: payments, sectionName: web}")).containsExactly(
                "spec.parentRefs[0].sectionName: payments.shop has no port named \"web\"; it has 80 \"http\", 9090 \"grpc\"");
    }

    @Test
    void ports_that_nobody_knows_yet_may_be_any() throws Exception {
        assertThat(findings("{name: inventory, port: 81}")).isEmpty();
        assertThat(findings("{name: inventory, sectionName: web}")).isEmpty();
    }

    @Test
    void a_route_that_is_attached_to_no_port_is_in_nobodys_way_and_nobody_in_its() throws Exception {
        Route nowhere = route("{name: payments, sectionName: web}");

        assertThat(RouteCheck.conflicts(nowhere, List.of(nowhere), CATALOG)).isEmpty();
    }

    @Test
    void a_port_that_is_named_twice_has_the_route_once() throws Exception {
        Route twice = route("{name: payments, sectionName: grpc}, {name: payments, port: 9090}");
        ServiceName payments = ServiceName.parse("payments.shop");

        assertThat(RouteCompiler.compile(payments, CATALOG.portNames(payments), List.of(twice)).http())
                .singleElement().satisfies(compiled -> assertThat(compiled.getMatches(0).getPort()).isEqualTo(9090));
    }
}
