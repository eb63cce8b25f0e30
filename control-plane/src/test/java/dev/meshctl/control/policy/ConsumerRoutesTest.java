package dev.meshctl.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.ConnectionRoute;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.Route;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/** Parents in other namespaces and parts of parents, as GEP-1294 has them. */
class ConsumerRoutesTest {
    private static final ServiceName PAYMENTS = ServiceName.parse("payments.shop");
    private static final Map<Integer, String> PORTS = Map.of(80, "http", 9090, "grpc");

    private static Route route(String kind, String key, String parent) throws InvalidResource {
        String[] name = key.split("/");
        return (Route) ResourceParser.parseOne("test", """
                apiVersion: gateway.networking.k8s.io/v1
                kind: %s
                metadata: {name: %s, namespace: %s}
                spec:
                  parentRefs: [{name: payments%s}]
                  rules: [{backendRefs: [{name: cache}]}]
                """.formatted(kind, name[1], name[0], parent), name[0]);
    }

    private static Route http(String key, String parent) throws InvalidResource {
        return route("HTTPRoute", key, parent);
    }

    private static List<String> ids(CompiledRoutes routes) {
        return routes.http().stream().map(HttpRoute::getId).toList();
    }

    private static CompiledRoutes producers(Route... routes) {
        return RouteCompiler.compile(PAYMENTS, PORTS, List.of(routes));
    }

    private static SortedMap<String, CompiledRoutes> consumers(Route... routes) {
        return RouteCompiler.consumers(PAYMENTS, PORTS, List.of(routes));
    }

    @Test
    void a_route_of_another_namespace_is_for_calls_from_there_only() throws Exception {
        Route producer = http("shop/p", "");
        Route consumer = http("web/c", ", namespace: shop");
        Route elsewhere = http("web/x", "");

        assertThat(ids(producers(producer, consumer, elsewhere))).containsExactly("shop/p/0");
        SortedMap<String, CompiledRoutes> consumers = consumers(producer, consumer, elsewhere);
        assertThat(consumers).containsOnlyKeys("web");
        assertThat(ids(consumers.get("web"))).containsExactly("web/c/0");
        assertThat(consumers.get("web").http().getFirst().getBackendsList()).extracting(Backend::getHost)
                .as("the namespace of a backend is the route's if it has none").containsExactly("cache.web.svc.cluster.local");
    }

    @Test
    void routes_of_one_consumer_are_merged_and_those_of_another_are_left_out() throws Exception {
        Route old = aged(http("web/z", ", namespace: shop"), "2026-01-01T00:00:00Z");
        Route young = aged(http("web/a", ", namespace: shop"), "2026-01-02T00:00:00Z");
        Route other = aged(http("batch/a", ", namespace: shop"), "2025-01-01T00:00:00Z");

        SortedMap<String, CompiledRoutes> consumers = consumers(young, other, old);

        assertThat(ids(consumers.get("web"))).containsExactly("web/z/0", "web/a/0");
        assertThat(ids(consumers.get("batch"))).containsExactly("batch/a/0");
    }

    private static Route aged(Route route, String created) {
        return route.withMetadata(route.metadata().stored("1", 1, Instant.parse(created)));
    }

    @Test
    void a_kind_conflicts_with_others_of_its_own_namespace_only() throws Exception {
        Route grpc = route("GRPCRoute", "shop/g", "");
        Route http = http("web/c", ", namespace: shop");
        Route tcp = route("TCPRoute", "web/t", ", namespace: shop");

        assertThat(ids(consumers(grpc, http, tcp).get("web"))).containsExactly("web/c/0");
        ServiceCatalog catalog = RouteCompilerTest.CATALOG;
        assertThat(RouteCheck.conflicts(http, List.of(grpc, http, tcp), catalog)).isEmpty();
        assertThat(RouteCheck.conflicts(tcp, List.of(grpc, http, tcp), catalog)).singleElement().satisfies(finding ->
                assertThat(finding.message()).contains("has a HTTPRoute too"));
    }

    @Test
    void the_producers_routes_stay_on_ports_that_the_consumer_has_none_for() throws Exception {
        CompiledRoutes producers = producers(http("shop/all", ""), http("shop/web", ", port: 80"),
                route("TCPRoute", "shop/db", ", port: 5432"));

        CompiledRoutes onePort = consumers(http("web/c", ", namespace: shop, port: 80")).get("web").before(producers);

        assertThat(ids(onePort)).containsExactly("web/c/0", "shop/all/0");
        assertThat(onePort.http().get(1).getMatches(0).getNotPortsList()).containsExactly(80);
        assertThat(producers.connections()).as("an HTTPRoute has all ports").isEmpty();
        CompiledRoutes connections = consumers(route("TCPRoute", "web/c", ", namespace: shop, port: 80")).get("web")
                .before(producers(route("TCPRoute", "shop/all", ""), route("TCPRoute", "shop/web", ", port: 80")));
        assertThat(connections.connections()).extracting(ConnectionRoute::getId).containsExactly("web/c/0", "shop/all/0");
        assertThat(connections.connections().get(1).getNotPortsList()).containsExactly(80);
        CompiledRoutes allPorts = consumers(http("web/c", ", namespace: shop")).get("web");
        assertThat(allPorts.before(producers)).isEqualTo(allPorts);
    }

    @Test
    void a_section_is_the_port_of_that_name_and_one_that_is_not_there_attaches_to_nothing() throws Exception {
        Route named = http("shop/named", ", sectionName: grpc");
        Route both = http("shop/both", ", sectionName: grpc, port: 9090");
        Route contrary = http("shop/contrary", ", sectionName: grpc, port: 80");
        Route missing = http("shop/missing", ", sectionName: metrics");

        assertThat(producers(named, both, contrary, missing).http())
                .extracting(HttpRoute::getId, r -> r.getMatches(0).getPort())
                .containsExactly(org.assertj.core.groups.Tuple.tuple("shop/both/0", 9090),
                        org.assertj.core.groups.Tuple.tuple("shop/named/0", 9090));
    }

    @Test
    void a_service_whose_only_consumer_attaches_to_no_port_has_none() throws Exception {
        assertThat(consumers(http("web/c", ", namespace: shop, sectionName: metrics"))).isEmpty();
    }

    @Test
    void backends_of_other_namespaces_need_no_grant() throws Exception {
        Route across = (Route) ResourceParser.parseOne("test", """
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: c, namespace: web}
                spec:
                  parentRefs: [{group: "", kind: Service, name: payments, namespace: shop}]
                  rules: [{backendRefs: [{name: payments, namespace: shop, port: 80}]}]
                """, "web");

        assertThat(RouteCheck.check(across, RouteCompilerTest.CATALOG)).isEmpty();
        assertThat(consumers(across).get("web").http().getFirst().getBackends(0))
                .as("the parent itself").isEqualTo(Backend.newBuilder().setWeight(1).setPort(80).build());
    }
}
