package dev.meshctl.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.ConnectionRoute;
import dev.meshctl.api.proto.config.HeaderEdit;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.ParentRef;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.Route;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RouteKindsTest {
    private static final ServiceName PAYMENTS = ServiceName.parse("payments.shop");
    private static final ServiceCatalog CATALOG = RouteCompilerTest.CATALOG;
    private static final Map<Integer, String> PORTS = RouteCompilerTest.PORTS;

    private static Route route(String kind, String name, int port, String spec) throws InvalidResource {
        String indented = String.join("\n  ", Arrays.asList(spec.split("\n")));
        return (Route) ResourceParser.parseOne("test", """
                apiVersion: gateway.networking.k8s.io/v1
                kind: %s
                metadata: {name: %s, namespace: shop}
                spec:
                  parentRefs: [{name: payments%s}]
                  %s
                """.formatted(kind, name, port == 0 ? "" : ", port: " + port, indented), "shop");
    }

    private static Route aged(Route route, String created) {
        return route.withMetadata(route.metadata().stored("1", 1, Instant.parse(created)));
    }

    private static Route tcp(String name, int port, String version) throws InvalidResource {
        return route("TCPRoute", name, port,
                "rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: %s}]}]".formatted(version));
    }

    private static Route http(String name, int port) throws InvalidResource {
        return route("HTTPRoute", name, port, "rules: [{backendRefs: [{name: payments}]}]");
    }

    private static Route grpc(String name, int port) throws InvalidResource {
        return route("GRPCRoute", name, port, "rules: [{backendRefs: [{name: payments}]}]");
    }

    private static Route tls(String name, int port, String hostnames) throws InvalidResource {
        return route("TLSRoute", name, port, "hostnames: %s\nrules: [{backendRefs: [{name: payments}]}]".formatted(hostnames));
    }

    @Test
    void a_grpc_route_becomes_paths_of_service_and_method() throws Exception {
        Route route = route("GRPCRoute", "g", 50051, """
                rules:
                  - matches:
                      - method: {service: shop.v1.Payments, method: Charge}
                      - method: {service: shop.v1.Payments}
                      - method: {method: Health}
                      - method: {type: RegularExpression, service: "shop\\\\..*", method: "Get.*|List.*"}
                      - headers: [{name: x-user, value: bob}, {type: RegularExpression, name: x-kind, value: "a|b"}]
                    filters:
                      - type: RequestHeaderModifier
                        requestHeaderModifier: {set: [{name: a, value: b}]}
                      - type: ResponseHeaderModifier
                        responseHeaderModifier: {remove: [c]}
                    backendRefs:
                      - {group: meshctl.dev, kind: Version, name: v1, weight: 9}
                      - {name: inventory, namespace: bank, port: 80}
                """);

        List<HttpRoute> compiled = RouteCompiler.compile(PAYMENTS, PORTS, List.of(route)).http();

        assertThat(compiled).extracting(HttpRoute::getId).containsOnly("shop/g/0");
        assertThat(compiled).extracting(r -> r.getMatches(0)).allSatisfy(m -> assertThat(m.getPort()).isEqualTo(50051));
        assertThat(compiled).extracting(r -> r.getMatches(0)).extracting(m ->
                        m.getPathExact() + "|" + m.getPathPrefix() + "|" + m.getPathRegex() + "|" + m.getHeadersCount())
                .containsExactly("/shop.v1.Payments/Charge|||0", "|/shop.v1.Payments||0", "||/(?:shop\\..*)/(?:Get.*|List.*)|0",
                        "||/[^/]+/(?:Health)|0", "|||2");
        HttpRoute first = compiled.getFirst();
        assertThat(first.getBackendsList()).extracting(Backend::getVersion, Backend::getHost, Backend::getWeight).containsExactly(
                org.assertj.core.groups.Tuple.tuple("v1", "", 9),
                org.assertj.core.groups.Tuple.tuple("", "inventory.bank.svc.cluster.local", 1));
        assertThat(first.getRequestHeaderEdits(0).getAction()).isEqualTo(HeaderEdit.Action.SET);
        assertThat(first.getResponseHeaderEdits(0).getName()).isEqualTo("c");
    }

    @Test
    void the_grpc_rule_with_most_characters_of_service_then_of_method_then_most_headers_comes_first() throws Exception {
        Route route = route("GRPCRoute", "g", 0, """
                rules:
                  - {}
                  - matches: [{headers: [{name: a, value: b}]}]
                  - matches: [{method: {service: a.B}}]
                  - matches: [{method: {service: a.B, method: Get}}]
                  - matches: [{method: {service: a.B, method: Get}, headers: [{name: a, value: b}]}]
                  - matches: [{method: {service: a.BBB}}]
                """);

        assertThat(RouteCompiler.compile(PAYMENTS, PORTS, List.of(route)).http()).extracting(HttpRoute::getId)
                .containsExactly("shop/g/5", "shop/g/4", "shop/g/3", "shop/g/2", "shop/g/1", "shop/g/0");
    }

    @Test
    void of_equal_grpc_rules_that_of_the_older_route_comes_first_then_by_name() throws Exception {
        Route young = aged(grpc("a", 0), "2026-01-03T00:00:00Z");
        Route old = aged(grpc("c", 0), "2026-01-01T00:00:00Z");
        Route sameAge = aged(grpc("b", 0), "2026-01-03T00:00:00Z");

        assertThat(RouteCompiler.compile(PAYMENTS, PORTS, List.of(young, sameAge, old)).http()).extracting(HttpRoute::getId)
                .containsExactly("shop/c/0", "shop/a/0", "shop/b/0");
    }

    @Test
    void a_tcp_route_is_for_connections_and_for_requests_that_come_by_the_http_proxy() throws Exception {
        CompiledRoutes compiled = RouteCompiler.compile(PAYMENTS, PORTS, List.of(tcp("db", 5432, "v2")));

        ConnectionRoute route = compiled.connections().getFirst();
        assertThat(route.getId()).isEqualTo("shop/db/0");
        assertThat(route.getPort()).isEqualTo(5432);
        assertThat(route.getTls()).isFalse();
        assertThat(route.getBackends(0).getVersion()).isEqualTo("v2");
        assertThat(compiled.http()).singleElement().satisfies(same -> {
            assertThat(same.getMatches(0)).isEqualTo(RouteMatch.newBuilder().setPort(5432).build());
            assertThat(same.getBackendsList()).isEqualTo(route.getBackendsList());
        });
    }

    @Test
    void of_several_tcp_routes_the_one_for_the_port_comes_first_then_the_oldest() throws Exception {
        Route all = aged(tcp("all", 0, "v1"), "2026-01-01T00:00:00Z");
        Route young = aged(tcp("young", 5432, "v1"), "2026-01-03T00:00:00Z");
        Route old = aged(tcp("old", 5432, "v2"), "2026-01-02T00:00:00Z");

        assertThat(RouteCompiler.compile(PAYMENTS, PORTS, List.of(all, young, old)).connections())
                .extracting(ConnectionRoute::getId).containsExactly("shop/old/0", "shop/young/0", "shop/all/0");
    }

    @Test
    void a_tls_route_travels_with_its_server_names_and_is_for_no_request() throws Exception {
        CompiledRoutes compiled = RouteCompiler.compile(PAYMENTS, PORTS, List.of(tls("t", 443, "[a.example.com, \"*.b.example\"]")));

        assertThat(compiled.connections()).singleElement().satisfies(route -> {
            assertThat(route.getTls()).isTrue();
            assertThat(route.getServerNamesList()).containsExactly("a.example.com", "*.b.example");
        });
        assertThat(compiled.http()).isEmpty();
    }

    @Test
    void of_several_kinds_on_one_port_the_first_in_the_order_of_the_api_takes_effect() throws Exception {
        CompiledRoutes compiled = RouteCompiler.compile(PAYMENTS, PORTS,
                List.of(tcp("tcp", 443, "v1"), tls("tls", 443, "[a.example]"), http("http", 0), grpc("grpc", 50051)));

        assertThat(compiled.http()).extracting(HttpRoute::getId).containsExactly("shop/grpc/0", "shop/http/0");
        assertThat(compiled.http().get(1).getMatches(0)).as("all ports but that of the GRPCRoute")
                .isEqualTo(RouteMatch.newBuilder().addNotPorts(50051).build());
        assertThat(compiled.connections()).isEmpty();
    }

    @Test
    void kinds_on_different_ports_do_not_meet() throws Exception {
        CompiledRoutes compiled = RouteCompiler.compile(PAYMENTS, PORTS,
                List.of(tcp("tcp", 5432, "v1"), tls("tls", 443, "[a.example]"), http("http", 80)));

        assertThat(compiled.http()).extracting(HttpRoute::getId).containsExactly("shop/http/0", "shop/tcp/0");
        assertThat(compiled.connections()).extracting(ConnectionRoute::getId).containsExactly("shop/tls/0", "shop/tcp/0");
    }

    private static String conflict(Route route, List<Route> all, Integer... ports) {
        ParentRef parent = route.parentRefs().getFirst();
        Map<Integer, String> names = Arrays.stream(ports).collect(Collectors.toMap(port -> port, port -> ""));
        return RouteTypes.of(PAYMENTS, names, all).conflict(route, parent).orElse("none");
    }

    @Test
    void a_route_that_has_no_effect_is_told_which_kind_is_in_its_way() throws Exception {
        Route http = http("http", 0);
        Route grpc = grpc("grpc", 50051);
        Route tls = tls("tls", 443, "[a.example]");
        List<Route> all = List.of(http, grpc, tls);

        assertThat(conflict(grpc, all, 80, 50051)).isEqualTo("none");
        assertThat(conflict(http, all, 80, 50051)).as("it has port 80").isEqualTo("none");
        assertThat(conflict(http, all, 50051)).isEqualTo("each port of payments.shop has a GRPCRoute too, and only one kind"
                + " takes effect: GRPCRoute before HTTPRoute, TLSRoute, TCPRoute");
        assertThat(conflict(tls, all, 80, 443)).startsWith("port 443 of payments.shop has a GRPCRoute and HTTPRoute too");
        assertThat(RouteCheck.conflicts(tls, all, CATALOG)).singleElement().satisfies(finding -> {
            assertThat(finding.isError()).isFalse();
            assertThat(finding.path()).isEqualTo("spec.parentRefs[0]");
            assertThat(finding.message()).startsWith("has no effect: port 443");
        });
    }

    @Test
    void routes_of_all_kinds_are_checked_for_what_they_name() throws Exception {
        assertThat(RouteCheck.check(tcp("db", 81, "v9"), CATALOG)).extracting(Finding::toString).satisfiesExactly(
                port -> assertThat(port).contains("payments.shop has no port 81; it has 80"),
                version -> assertThat(version).contains("spec.rules[0].backendRefs[0].name: payments.shop has no version v9"));
        Route unreachable = route("TCPRoute", "db", 0,
                "rules: [{backendRefs: [{name: payments, weight: 0}]}, {backendRefs: [{name: payments}]}]");
        assertThat(RouteCheck.check(unreachable, CATALOG)).extracting(Finding::message).containsExactly(
                "all weights are 0, so every connection that the rule takes is refused",
                "is never reached: a rule for connections has no condition, so the first one takes them all");
        Route silent = route("GRPCRoute", "g", 0, "hostnames: [a.example]\nrules: [{}]");
        assertThat(RouteCheck.check(silent, CATALOG)).extracting(Finding::message).satisfiesExactly(
                none -> assertThat(none).contains("answered with UNAVAILABLE"),
                hosts -> assertThat(hosts).contains("have no effect with a Service as parent"));
    }
}
