package dev.meshctl.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.HeaderEdit;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.TrafficPolicy;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RouteCompilerTest {
    static final Map<Integer, String> PORTS = Map.of(80, "http", 443, "https", 5432, "db", 50051, "grpc");
    private static final ServiceName PAYMENTS = ServiceName.parse("payments.shop");

    /** payments.shop with v1 and v2 on port 80, and inventory.shop. */
    static final ServiceCatalog CATALOG = new ServiceCatalog() {
        @Override
        public Collection<ServiceName> services() {
            return List.of(PAYMENTS, ServiceName.parse("inventory.shop"));
        }

        @Override
        public Set<String> versions(ServiceName service) {
            return service.equals(PAYMENTS) ? Set.of("v1", "v2") : Set.of();
        }

        @Override
        public Map<Integer, String> portNames(ServiceName service) {
            return Map.of(80, "http");
        }
    };

    @Test
    void the_most_specific_match_comes_first() throws Exception {
        var route = route("r", """
                rules:
                  - name: everything
                  - name: prefix
                    matches: [{path: {value: /pay}}]
                  - name: longer
                    matches: [{path: {value: /pay/card}}]
                  - name: method
                    matches: [{path: {value: /pay}, method: POST}]
                  - name: headers
                    matches: [{path: {value: /pay}, headers: [{name: a, value: b}]}]
                  - name: query
                    matches: [{path: {value: /pay}, queryParams: [{name: a, value: b}]}]
                  - name: regex
                    matches: [{path: {type: RegularExpression, value: /p.*}}]
                  - name: exact
                    matches: [{path: {type: Exact, value: /pay}}]
                """);

        assertThat(RouteCompiler.compile(PAYMENTS, PORTS, List.of(route)).http()).extracting(HttpRoute::getId).containsExactly(
                "shop/r/7", "shop/r/6", "shop/r/2", "shop/r/3", "shop/r/4", "shop/r/5", "shop/r/1", "shop/r/0");
    }

    @Test
    void each_match_of_a_rule_has_its_own_place_in_the_order() throws Exception {
        var route = route("r", """
                rules:
                  - matches: [{path: {value: /}}, {path: {type: Exact, value: /a}}]
                  - matches: [{path: {value: /b}}]
                """);

        List<HttpRoute> compiled = RouteCompiler.compile(PAYMENTS, PORTS, List.of(route)).http();

        assertThat(compiled).extracting(HttpRoute::getId).containsExactly("shop/r/0", "shop/r/1", "shop/r/0");
        assertThat(compiled.getFirst().getMatches(0).getPathExact()).isEqualTo("/a");
        assertThat(compiled.getLast().getMatches(0).getPathPrefix()).isEqualTo("/");
    }

    @Test
    void of_equal_matches_that_of_the_older_route_comes_first_then_by_name() throws Exception {
        var young = aged(route("a", "rules: [{}]"), "2026-01-03T00:00:00Z");
        var old = aged(route("c", "rules: [{}]"), "2026-01-01T00:00:00Z");
        var sameAge = aged(route("b", "rules: [{}]"), "2026-01-03T00:00:00Z");

        assertThat(RouteCompiler.compile(PAYMENTS, PORTS, List.of(young, sameAge, old)).http()).extracting(HttpRoute::getId)
                .containsExactly("shop/c/0", "shop/a/0", "shop/b/0");
    }

    @Test
    void a_rule_travels_with_all_that_it_says() throws Exception {
        var route = route("r", """
                rules:
                  - matches: [{headers: [{name: x, type: RegularExpression, value: "a+"}]}]
                    filters:
                      - type: RequestHeaderModifier
                        requestHeaderModifier: {set: [{name: s, value: v}], add: [{name: a, value: v}], remove: [r]}
                      - type: URLRewrite
                        urlRewrite: {hostname: other, path: {type: ReplacePrefixMatch, replacePrefixMatch: ""}}
                    timeouts: {request: 3s, backendRequest: 500ms}
                    retry: {attempts: 2, codes: [503]}
                    backendRefs:
                      - {group: meshctl.dev, kind: Version, name: v2, weight: 9}
                      - {name: payments, weight: 1}
                      - {name: inventory, port: 80, weight: 5}
                      - {group: multicluster.x-k8s.io, kind: ServiceImport, name: payments, weight: 2}
                """);

        HttpRoute compiled = RouteCompiler.compile(PAYMENTS, PORTS, List.of(route)).http().getFirst();

        assertThat(compiled.getMatches(0).getHeaders(0).getRegex()).isTrue();
        assertThat(compiled.getRequestHeaderEditsList()).extracting(HeaderEdit::getAction).containsExactly(
                HeaderEdit.Action.REMOVE, HeaderEdit.Action.SET, HeaderEdit.Action.ADD);
        assertThat(compiled.getRewrite().getPathPrefix()).isEqualTo("/");
        assertThat(compiled.getRequestTimeoutMs()).isEqualTo(3000);
        assertThat(compiled.getBackendTimeoutMs()).isEqualTo(500);
        assertThat(compiled.getRetry().getAttempts()).isEqualTo(2);
        assertThat(compiled.getRetry().getBackoffMs()).isEqualTo(25);
        assertThat(compiled.getBackendsList()).extracting(b -> b.getHost() + "/" + b.getVersion() + "/" + b.getWeight())
                .containsExactly("/v2/9", "//1", "inventory.shop.svc.cluster.local//5",
                        "payments.shop.svc.clusterset.local//2");
    }

    @Test
    void a_rule_whose_weights_are_all_zero_has_no_backends() throws Exception {
        var route = route("r", """
                rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: v1, weight: 0}]}]
                """);

        assertThat(RouteCompiler.compile(PAYMENTS, PORTS, List.of(route)).http().getFirst().getBackendsList()).isEmpty();
        assertThat(RouteCheck.check(route, CATALOG)).singleElement().satisfies(finding -> {
            assertThat(finding.isError()).isFalse();
            assertThat(finding.message()).contains("all weights are 0").contains("500");
        });
    }

    @Test
    void routes_of_other_services_and_namespaces_do_not_count() throws Exception {
        var route = route("r", "rules: [{}]");

        assertThat(RouteCompiler.compile(ServiceName.parse("inventory.shop"), PORTS, List.of(route)).http()).isEmpty();
        assertThat(RouteCompiler.compile(ServiceName.parse("payments.other"), PORTS, List.of(route)).http()).isEmpty();
    }

    @Test
    void a_version_that_does_not_exist_is_an_error_that_names_those_that_do() throws Exception {
        var route = route("r", "rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: v3}]}]");

        assertThat(RouteCheck.check(route, CATALOG)).singleElement().satisfies(finding -> {
            assertThat(finding.isError()).isTrue();
            assertThat(finding.path()).isEqualTo("spec.rules[0].backendRefs[0].name");
            assertThat(finding.message()).contains("payments.shop has no version v3; it has v1, v2")
                    .contains("meshctl.dev/allow-missing-versions");
        });
    }

    @Test
    void a_version_that_comes_later_is_allowed_by_annotation() throws Exception {
        var route = route("r", "rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: v3}]}]");
        var allowed = route.withMetadata(route.metadata().withAnnotations(
                Map.of("meshctl.dev/allow-missing-versions", "true")));

        assertThat(RouteCheck.check(allowed, CATALOG)).extracting(Finding::severity)
                .containsExactly(Finding.Severity.WARNING);
    }

    @Test
    void a_misspelt_service_is_an_error_with_the_nearest_one() throws Exception {
        var route = (dev.meshctl.api.resource.HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: r, namespace: shop}
                spec:
                  parentRefs: [{name: paymets}, {name: payments, namespace: other}, {name: payments, port: 81},
                    {name: payments, sectionName: htp}, {name: payments, sectionName: http, port: 443}]
                  rules: [{backendRefs: [{name: inventry}]}]
                """);

        assertThat(RouteCheck.check(route, CATALOG)).extracting(Finding::toString).satisfiesExactly(
                first -> assertThat(first).contains("did you mean payments.shop?"),
                second -> assertThat(second).contains("there is no service payments.other"),
                third -> assertThat(third).contains("spec.parentRefs[2].port: payments.shop has no port 81; it has 80 \"http\""),
                fourth -> assertThat(fourth).contains(
                        "spec.parentRefs[3].sectionName: payments.shop has no port named \"htp\"; it has 80 \"http\""),
                fifth -> assertThat(fifth).contains("spec.parentRefs[4].port: payments.shop has no port 443"),
                sixth -> assertThat(sixth).contains("did you mean inventory.shop?"));
    }

    @Test
    void a_traffic_policy_is_compiled_and_the_older_of_two_takes_effect() throws Exception {
        var young = (TrafficPolicy) parse("""
                apiVersion: meshctl.dev/v1alpha1
                kind: TrafficPolicy
                metadata: {name: young, namespace: shop, creationTimestamp: 2026-01-02T00:00:00Z}
                spec: {service: payments}
                """);
        var old = (TrafficPolicy) parse("""
                apiVersion: meshctl.dev/v1alpha1
                kind: TrafficPolicy
                metadata: {name: zzz, namespace: shop, creationTimestamp: 2026-01-01T00:00:00Z}
                spec: {service: payments, connectTimeout: 250ms, outlier: {baseEjection: 2s}, retry: {attempts: 3}}
                """);

        var chosen = TrafficPolicyCompiler.choose(PAYMENTS, List.of(young, old)).orElseThrow();
        var compiled = TrafficPolicyCompiler.compile(chosen);

        assertThat(compiled.getConnectTimeoutMs()).isEqualTo(250);
        assertThat(compiled.getOutlier().getBaseEjectionMs()).isEqualTo(2000);
        assertThat(compiled.getDefaultRetry().getAttempts()).isEqualTo(3);
        assertThat(compiled.hasCircuitBreaker()).isFalse();
        assertThat(RouteCheck.check(young, List.of(young, old), CATALOG)).extracting(Finding::message)
                .containsExactly("payments.shop already has TrafficPolicy shop/zzz; the older of them takes effect");
    }

    static Resource parse(String text) throws InvalidResource {
        return ResourceParser.parseOne("test", text, "shop");
    }

    private static dev.meshctl.api.resource.HttpRoute route(String name, String rules) throws InvalidResource {
        String indented = String.join("\n  ", Arrays.asList(rules.split("\n")));
        return (dev.meshctl.api.resource.HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: %s, namespace: shop}
                spec:
                  parentRefs: [{name: payments}]
                  %s
                """.formatted(name, indented));
    }

    private static dev.meshctl.api.resource.HttpRoute aged(dev.meshctl.api.resource.HttpRoute route, String created) {
        return route.withMetadata(route.metadata().stored("1", 1, Instant.parse(created)));
    }
}
