package dev.meshctl.api.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceParserTest {
    private static final String SPECIAL = "{}[]:,-&*!|>'\"%@`\n\t\0 #";
    static final String EVERY_KIND = """
            apiVersion: meshctl.dev/v1alpha1
            kind: Service
            metadata:
              name: payments
              annotations:
                meshctl.dev/global: "true"
            spec:
              ports:
                - name: http
                  port: 80
                  targetPort: 9001
                  protocol: http1
            ---
            apiVersion: meshctl.dev/v1alpha1
            kind: Workload
            metadata: {name: payments-v1-abc, namespace: shop}
            spec:
              service: payments
              version: v1
              serviceAccount: payments
              identity: spiffe://east.mesh/ns/shop/sa/payments
              node: proxy-1
              inboundAddress: 127.2.1.1
              inboundPort: 15006
              ports: [{servicePort: 80, appPort: 9001}]
            status: {ready: true, started: 2026-01-31T12:00:00Z}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: payments, namespace: shop}
            spec:
              parentRefs: [{name: payments}]
              hostnames: ["*.example.com"]
              rules:
                - matches:
                    - path: {type: Exact, value: /pay}
                      method: POST
                      headers: [{name: x-user, value: bob}]
                      queryParams: [{type: RegularExpression, name: id, value: "[0-9]+"}]
                  filters:
                    - type: RequestHeaderModifier
                      requestHeaderModifier: {set: [{name: x-a, value: "1"}], remove: [x-b]}
                    - type: URLRewrite
                      urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}
                  backendRefs:
                    - {group: meshctl.dev, kind: Version, name: v1, weight: 90}
                    - {name: other, namespace: shop, port: 80, weight: 10}
                  timeouts: {request: 10s, backendRequest: 2s500ms}
                  retry: {attempts: 2, codes: [503], backoff: 100ms}
                - filters:
                    - type: RequestRedirect
                      requestRedirect: {scheme: https, statusCode: 301}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: GRPCRoute
            metadata: {name: payments, namespace: shop}
            spec:
              parentRefs: [{name: payments, port: 50051}]
              rules:
                - matches:
                    - method: {service: shop.v1.Payments, method: Charge}
                      headers: [{name: x-user, value: bob}]
                    - method: {type: RegularExpression, method: "Get.*"}
                  filters:
                    - type: RequestHeaderModifier
                      requestHeaderModifier: {set: [{name: x-a, value: "1"}]}
                    - type: ResponseHeaderModifier
                      responseHeaderModifier: {remove: [x-b]}
                  backendRefs:
                    - {group: meshctl.dev, kind: Version, name: v1, weight: 90}
                    - {name: other, namespace: bank, port: 80, weight: 10}
                - backendRefs: [{name: payments}]
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: TLSRoute
            metadata: {name: payments, namespace: shop}
            spec:
              parentRefs: [{name: payments, port: 443}]
              hostnames: [pay.example.com, "*.pay.example.com"]
              rules:
                - backendRefs:
                    - {group: meshctl.dev, kind: Version, name: v1, weight: 1}
                    - {group: multicluster.x-k8s.io, kind: ServiceImport, name: payments, weight: 1}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: TCPRoute
            metadata: {name: payments, namespace: shop}
            spec:
              parentRefs: [{name: payments, port: 5432}]
              rules:
                - name: all
                  backendRefs: [{group: meshctl.dev, kind: Version, name: v1}]
            ---
            apiVersion: multicluster.x-k8s.io/v1alpha1
            kind: ServiceExport
            metadata: {name: payments, namespace: shop}
            ---
            apiVersion: multicluster.x-k8s.io/v1alpha1
            kind: ServiceImport
            metadata: {name: payments, namespace: shop}
            spec: {ports: [{port: 80}]}
            status: {clusters: [{cluster: east, ready: 2, versions: [v1, v2]}]}
            ---
            apiVersion: meshctl.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: payments, namespace: shop}
            spec:
              service: payments
              outlier: {consecutiveFailures: 3, baseEjection: 2s}
              circuitBreaker: {maxRequests: 100}
              retryBudget: {percent: 10}
              retry: {attempts: 0}
              connectTimeout: 250ms
            ---
            apiVersion: meshctl.dev/v1alpha1
            kind: AccessPolicy
            metadata: {name: only-orders, namespace: shop}
            spec:
              service: payments
              action: Allow
              rules:
                - from: {identities: [spiffe://west.mesh/ns/shop/sa/orders, "spiffe://east.mesh/*"]}
                  to: {methods: [GET], paths: [/pay*], ports: [80]}
            ---
            apiVersion: meshctl.dev/v1alpha1
            kind: TrafficShift
            metadata: {name: payments-v2, namespace: shop}
            spec:
              service: payments
              from: v1
              to: v2
              steps: [10, 50, 100]
              bake: 90s
              gate: {successRatePercent: 99.5, latencyMs: 250, minRequests: 50}
            status:
              phase: Progressing
              weight: 10
              stepStarted: 2026-01-31T12:00:00Z
              journal:
                - time: 2026-01-31T12:00:00Z
                  event: Started
                  observed: {requests: 3, failures: 1, successPercent: 66.6}
            ---
            apiVersion: meshctl.dev/v1alpha1
            kind: MeshLink
            metadata: {name: east}
            spec: {trustDomain: east.mesh, addresses: ["127.2.0.3:15443"], dialer: true}
            ---
            apiVersion: meshctl.dev/v1alpha1
            kind: Mesh
            metadata: {name: default}
            spec: {accessLog: true}
            """;

    @Test
    void every_kind_is_read_with_its_defaults() throws InvalidResource {
        List<Resource> all = ResourceParser.parse("all.yaml", EVERY_KIND, "shop");

        assertThat(all).extracting(Resource::kind).containsExactlyElementsOf(Kinds.ALL.stream().map(Kind::name).toList());
        assertThat(all.getFirst()).isInstanceOfSatisfying(Service.class, service -> {
            assertThat(service.metadata().namespace()).isEqualTo("shop");
            assertThat(service.global()).isTrue();
            assertThat(service.spec().ports().getFirst().targetPort()).hasValue(9001);
        });
        assertThat(all.get(10)).isInstanceOfSatisfying(TrafficShift.class, shift -> {
            assertThat(shift.spec().bake()).isEqualTo(Duration.ofSeconds(90));
            assertThat(shift.spec().holdLimit()).isEqualTo(Duration.ofMinutes(10));
            assertThat(shift.spec().gate().orElseThrow().latencyPercentile()).isEqualTo(99);
            assertThat(shift.status().journal().getFirst().observed().orElseThrow().successPercent()).contains(66.6);
        });
        assertThat(all.getLast().metadata().namespace()).isEmpty();
    }

    @Test
    void what_is_written_is_read_back_as_the_same_resource() throws InvalidResource {
        List<Resource> all = ResourceParser.parse("all.yaml", EVERY_KIND, "shop");

        assertThat(ResourceParser.parse("yaml", ResourceWriter.yaml(all), "other")).isEqualTo(all);
        assertThat(ResourceParser.parse("json", ResourceWriter.prettyJson(all), "other")).isEqualTo(all);
        for (Resource one : all) {
            assertThat(ResourceParser.parseOne("json", ResourceWriter.json(one), "other")).isEqualTo(one);
        }
    }

    @Test
    void the_written_form_has_a_stable_order_and_leaves_out_what_is_empty() throws InvalidResource {
        List<Resource> all = ResourceParser.parse("all.yaml", EVERY_KIND, "shop");

        assertThat(ResourceWriter.yaml(all.get(8))).isEqualTo("""
                apiVersion: meshctl.dev/v1alpha1
                kind: TrafficPolicy
                metadata:
                  name: payments
                  namespace: shop
                spec:
                  service: payments
                  outlier:
                    consecutiveFailures: 3
                    baseEjection: 2s
                  circuitBreaker:
                    maxRequests: 100
                  retryBudget:
                    percent: 10
                  retry:
                    attempts: 0
                  connectTimeout: 250ms
                """);
        assertThat(ResourceWriter.json(all.get(6))).isEqualTo("{\"apiVersion\":\"multicluster.x-k8s.io/v1alpha1\","
                + "\"kind\":\"ServiceExport\",\"metadata\":{\"name\":\"payments\",\"namespace\":\"shop\"}}");
    }

    @Test
    void all_that_is_wrong_is_told_at_once_with_line_column_path_and_hint() {
        assertThat(problems("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata:
                  name: payments
                  lables: {a: b}
                spec:
                  parentRefs:
                    - name: payments
                  rules:
                    - matches:
                        - path: {type: PathPrefx, value: /}
                      backendRefs:
                        - kind: Version
                          group: meshctl.dev
                          name: v1
                          wieght: 10
                        - kind: Version
                          group: meshctl.dev
                          name: 2
                          weight: -1
                        - name: other
                          weight: -1
                      timeouts: {request: 10}
                """)).isEqualTo("""
                r.yaml:5:3: metadata.lables: unknown field; did you mean "labels"?
                r.yaml:11:24: spec.rules[0].matches[0].path.type: expected one of Exact, PathPrefix, RegularExpression, \
                found "PathPrefx"; did you mean "PathPrefix"?
                r.yaml:16:11: spec.rules[0].backendRefs[0].wieght: unknown field; did you mean "weight"?
                r.yaml:19:17: spec.rules[0].backendRefs[1].name: expected text, found the number 2; put it in quotes: "2"
                r.yaml:22:19: spec.rules[0].backendRefs[2].weight: expected a whole number from 0 to 1000000, found -1
                r.yaml:23:27: spec.rules[0].timeouts.request: expected a duration such as 500ms, 10s or 1h30m, found the number 10""");
    }

    @Test
    void routes_of_all_kinds_say_what_is_wrong_with_path_line_and_reason() {
        assertThat(problems("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: GRPCRoute
                metadata: {name: a}
                spec:
                  parentRefs: [{name: payments}]
                  rules:
                    - matches:
                        - method: {service: shop/Payments}
                      backendRefs: [{name: payments}]
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: GRPCRoute
                metadata: {name: b}
                spec:
                  parentRefs: [{name: payments}]
                  rules:
                    - matches:
                        - method: {type: Exact}
                        - method: {type: RegularExpression, method: "Get("}
                        - {headers: [{name: x-user, valeu: bob}]}
                      filters: [{type: RequestRedirect}]
                      timeouts: {request: 1s}
                ---
                apiVersion: gateway.networking.k8s.io/v1beta1
                kind: TLSRoute
                metadata: {name: c}
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: TLSRoute
                metadata: {name: d}
                spec:
                  parentRefs: [{name: payments}]
                  hostnames: [pay.*.example.com]
                  rules: [{backendRefs: [{name: payments}]}]
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: TCPRoute
                metadata: {name: e}
                spec:
                  parentRefs: [{kind: Gateway, name: edge}]
                  rules: [{backendRefs: []}, {matches: []}]
                """)).isEqualTo("""
                r.yaml:8:29: spec.rules[0].matches[0].method.service: expected a gRPC service with its package, such as \
                shop.v1.Payments, found "shop/Payments"
                r.yaml:22:7: spec.rules[0].timeouts: unknown field; known here: name, matches, filters, backendRefs
                r.yaml:18:19: spec.rules[0].matches[0].method.service: expected a service or a method, or both, found neither
                r.yaml:19:53: spec.rules[0].matches[1].method.method: expected a regular expression (Unclosed group at 4), \
                found "Get("
                r.yaml:20:37: spec.rules[0].matches[2].headers[0].valeu: unknown field; did you mean "value"?
                r.yaml:20:22: spec.rules[0].matches[2].headers[0].value: missing; expected text
                r.yaml:21:24: spec.rules[0].filters[0].type: expected one of RequestHeaderModifier, ResponseHeaderModifier, \
                found "RequestRedirect"
                r.yaml:24:13: apiVersion: expected "gateway.networking.k8s.io/v1" or "gateway.networking.k8s.io/v1alpha3" or \
                "gateway.networking.k8s.io/v1alpha2" for kind TLSRoute, found "gateway.networking.k8s.io/v1beta1"
                r.yaml:33:15: spec.hostnames[0]: expected a host name in lower case, which may start with *., \
                found "pay.*.example.com"
                r.yaml:40:23: spec.parentRefs[0].kind: expected "Service", found "Gateway"
                r.yaml:41:25: spec.rules[0].backendRefs: expected 1 to 16 items, found 0 items
                r.yaml:41:31: spec.rules[1].matches: unknown field; known here: name, backendRefs""");
    }

    @Test
    void a_route_in_an_older_version_is_read_as_the_current_one() throws InvalidResource {
        String old = """
                apiVersion: gateway.networking.k8s.io/v1alpha2
                kind: TCPRoute
                metadata: {name: db, namespace: shop}
                spec:
                  parentRefs: [{group: "", kind: Service, name: db}]
                  rules: [{backendRefs: [{name: db}]}]
                """;

        Resource route = ResourceParser.parseOne("r.yaml", old, "shop");

        assertThat(ResourceWriter.yaml(route)).isEqualTo("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: TCPRoute
                metadata:
                  name: db
                  namespace: shop
                spec:
                  parentRefs:
                    - group: ""
                      kind: Service
                      name: db
                  rules:
                    - backendRefs:
                        - kind: Service
                          name: db
                          weight: 1
                """);
    }

    @Test
    void problems_of_several_documents_are_told_together() {
        assertThat(problems("""
                apiVersion: meshctl.dev/v1alpha1
                kind: TraficShift
                ---
                apiVersion: meshctl.dev/v1
                kind: Service
                ---
                kind: Service
                ---
                just text
                ---
                apiVersion: meshctl.dev/v1alpha1
                kind: TrafficShift
                metadata: {name: a}
                spec: {service: payments.shop, from: v1, to: v2, steps: [50, 10]}
                ---
                apiVersion: meshctl.dev/v1alpha1
                kind: TrafficShift
                metadata: {name: b}
                spec: {service: payments, from: v1, to: v2, steps: [50, 10]}
                ---
                apiVersion: meshctl.dev/v1alpha1
                kind: AccessPolicy
                metadata: {name: c}
                spec: {service: payments, action: Allow, rules: []}
                ---
                apiVersion: meshctl.dev/v1alpha1
                kind: Service
                metadata: {name: d}
                """)).isEqualTo("""
                r.yaml:2:7: kind: unknown kind "TraficShift"; did you mean "TrafficShift"?
                r.yaml:4:13: apiVersion: expected "meshctl.dev/v1alpha1" for kind Service, found "meshctl.dev/v1"
                r.yaml:7:1: apiVersion: missing; every resource starts with apiVersion and kind
                r.yaml:9:1: expected a resource (an object with apiVersion and kind), found "just text"
                r.yaml:14:17: spec.service: expected the name of a service in the resource's own namespace, without a dot, \
                found "payments.shop"
                r.yaml:19:57: spec.steps[1]: expected more than the step before it (50), found 10
                r.yaml:24:49: spec.rules: expected at least one rule (an empty rule, {}, matches every call), found none
                r.yaml:26:1: spec: missing; expected an object""");
    }

    @Test
    void a_resource_that_is_there_twice_and_a_key_that_is_there_twice_are_refused() {
        assertThat(problems("""
                apiVersion: multicluster.x-k8s.io/v1alpha1
                kind: ServiceExport
                metadata: {name: a}
                ---
                apiVersion: multicluster.x-k8s.io/v1alpha1
                kind: ServiceExport
                metadata: {name: a, namespace: shop, name: b}
                """)).isEqualTo("""
                r.yaml:7:38: the key "name" is there twice; the first is in line 7
                r.yaml:5:1: ServiceExport shop/a is there twice; the first is in line 1""");
    }

    @Test
    void broken_yaml_is_told_with_its_place() {
        assertThat(problems("apiVersion: v1\nkind: [a\nmetadata: {}\n")).startsWith("r.yaml:3:").contains("not valid YAML");
        assertThat(problems("a: !!java.net.URL [x]\n")).contains("YAML tags are not allowed");
        assertThat(problems("{\"apiVersion\": \"v1\", ")).contains("not valid YAML");
    }

    @Test
    void bombs_are_refused_within_bounds() {
        String aliases = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
        StringBuilder bomb = new StringBuilder(aliases);
        for (char name = 'b'; name <= 'k'; name++) {
            char last = (char) (name - 1);
            bomb.append(name).append(": &").append(name).append(" [*").append(last).append((",*" + last).repeat(9)).append("]\n");
        }
        assertThat(problems(bomb.toString())).contains("more than 200000 values, with aliases written out");
        assertThat(problems("[".repeat(500_000))).contains("nested deeper than 32 levels");
        assertThat(problems("a: &a [*a]")).contains("names no finished anchor");
        assertThat(problems("x".repeat(ResourceParser.MAX_CHARS + 1))).contains("larger than 1048576 characters");
        assertThat(problems("--- {}\n".repeat(1001))).contains("more than 1000 documents");
    }

    @Test
    void the_number_of_problems_is_bounded() {
        InvalidResource thrown = catchThrowableOfType(InvalidResource.class,
                () -> ResourceParser.parse("r.yaml", "--- {}\n".repeat(100), "shop"));

        assertThat(thrown.problems()).hasSize(ResourceParser.MAX_PROBLEMS);
        assertThat(thrown.problems().getLast().message()).isEqualTo("and 181 more problems");
    }

    @Test
    void cluster_wide_kinds_have_no_namespace_and_a_mesh_is_called_default() {
        assertThat(problems("""
                apiVersion: meshctl.dev/v1alpha1
                kind: MeshLink
                metadata: {name: east, namespace: shop}
                spec: {trustDomain: east.mesh}
                ---
                apiVersion: meshctl.dev/v1alpha1
                kind: Mesh
                metadata: {name: mine}
                """)).isEqualTo("""
                r.yaml:3:35: metadata.namespace: expected none, a MeshLink belongs to the whole cluster, found "shop"
                r.yaml:8:18: metadata.name: expected "default", a cluster has one mesh, found "mine\"""");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TrafficShift", "trafficshift", "trafficshifts", "ts", "shift"})
    void a_kind_is_found_however_it_is_typed(String typed) {
        assertThat(Kinds.find(typed)).contains(Kinds.TRAFFIC_SHIFT);
    }

    @Test
    void a_misspelt_kind_is_near_to_the_one_that_was_meant() {
        assertThat(Kinds.nearest("polices")).contains(Kinds.ACCESS_POLICY);
        assertThat(Kinds.nearest("TraficShift")).contains(Kinds.TRAFFIC_SHIFT);
        assertThat(Kinds.nearest("xyz")).isEmpty();
    }

    @Test
    void durations_have_the_form_of_the_gateway_api() {
        assertThat(Durations.parse("1h30m5s20ms")).isEqualTo(Duration.ofMillis(5_405_020));
        assertThat(Durations.format(Duration.ofMillis(5_405_020))).isEqualTo("1h30m5s20ms");
        assertThat(Durations.format(Duration.ZERO)).isEqualTo("0s");
        assertThatThrownBy(() -> Durations.parse("10")).hasMessageContaining("1h30m");
        assertThatThrownBy(() -> Durations.parse("-1s")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "true", "no", "null", "~", "1", "-1", "+1", ".5", "1.", "010", "0x1f", "1e3", "1_000", "1:30",
        "2026-01-31", "- a", "a: b", "a #b", "#a", " a ", "'", "\"", "*a", "&a", "!a", "%a", "@a", "`a", "{a", "[a", "a,b",
        "é\u2028", "a\nb", "a\tb", "\\", "---", "..."})
    void text_that_looks_like_something_else_is_read_back_as_the_same_text(String text) throws InvalidResource {
        Metadata metadata = Metadata.of("a", "shop").withAnnotations(Map.of("x.dev/key", text, "y", "z"));
        ServiceExport export = new ServiceExport(metadata);

        assertThat(ResourceParser.parseOne("yaml", ResourceWriter.yaml(export), "shop")).isEqualTo(export);
        assertThat(ResourceParser.parseOne("json", ResourceWriter.json(export), "shop")).isEqualTo(export);
    }

    @Test
    void json_has_problems_with_places_too() {
        assertThat(problems("""
                {
                \t"apiVersion": "multicluster.x-k8s.io/v1alpha1",
                \t"kind": "ServiceExport",
                \t"metadata": {"name": "Bad_Name"}
                }
                """)).isEqualTo("r.yaml:4:23: metadata.name: expected lower-case letters, digits, inner hyphens and dots, "
                + "found \"Bad_Name\"");
    }

    @Test
    void whatever_the_text_the_answer_is_resources_or_problems() {
        Random random = new Random(42);
        for (int i = 0; i < 3000; i++) {
            StringBuilder text = new StringBuilder(EVERY_KIND);
            for (int change = 0; change <= i % 4; change++) {
                int at = random.nextInt(text.length() - 20);
                switch (random.nextInt(3)) {
                    case 0 -> text.delete(at, at + random.nextInt(20));
                    case 1 -> text.insert(at, SPECIAL.charAt(random.nextInt(SPECIAL.length())));
                    default -> text.insert(at, text.substring(at, at + random.nextInt(20)));
                }
            }
            try {
                assertThat(ResourceParser.parse("fuzz", text.toString(), "shop")).isNotNull();
            } catch (InvalidResource e) {
                assertThat(e.problems()).isNotEmpty();
            }
        }
    }

    private static String problems(String text) {
        InvalidResource thrown =
                catchThrowableOfType(InvalidResource.class, () -> ResourceParser.parse("r.yaml", text, "shop"));
        return thrown.getMessage();
    }

    @Test
    void a_shift_that_is_stored_with_its_journal_is_read_back_also_where_numbers_are_zero() throws Exception {
        TrafficShift shift = (TrafficShift) ResourceParser.parseOne("test", """
                apiVersion: meshctl.dev/v1alpha1
                kind: TrafficShift
                metadata: {name: s, namespace: shop}
                spec: {service: payments, from: v1, to: v2, steps: [100]}
                """, "");
        Instant now = Instant.parse("2026-01-31T12:00:00Z");
        TrafficShift stored = shift.withStatus(new TrafficShift.Status(TrafficShift.Phase.HELD, 0, 100, Optional.of(now),
                Optional.of(now), "", 1, true, List.of(
                        new TrafficShift.Entry(now, TrafficShift.Event.HELD, "", Optional.of(
                                new TrafficShift.Observed(0, 0, Optional.empty(), Optional.empty()))),
                        new TrafficShift.Entry(now, TrafficShift.Event.GATE_PASSED, "", Optional.of(
                                new TrafficShift.Observed(100, 0, Optional.of(100.0), Optional.of(0.5))))), List.of(new TrafficShift.Condition(
                        TrafficShift.Condition.PROGRESSING, "True", 1, now, "Held", "few requests"))));

        assertThat(ResourceParser.parseOne("stored", ResourceWriter.json(stored), "")).isEqualTo(stored);
        assertThat(ResourceParser.parseOne("stored", ResourceWriter.yaml(stored), "")).isEqualTo(stored);
    }
}
