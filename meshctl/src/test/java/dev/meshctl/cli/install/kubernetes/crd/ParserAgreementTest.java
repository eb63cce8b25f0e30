package dev.meshctl.cli.install.kubernetes.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.ResourceParser;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The same objects through the schema, as an API server does it, and through the mesh's own parser. */
class ParserAgreementTest {
    private static final YAMLMapper YAML = YAMLMapper.builder().build();
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Mesh          | default | {}
            Mesh          | default | {trustDomain: west.mesh, mtls: Permissive, accessLog: true, telemetryWindow: 1m, idleUnsubscribe: 168h, region: eu, zone: a b}
            MeshLink      | east    | {trustDomain: east.mesh}
            MeshLink      | east    | {trustDomain: e_1-2.mesh, addresses: ['1.2.3.4:15443', '[::1]:1'], dialer: true, staleGrace: 0s}
            TrafficPolicy | a.b     | {service: payments}
            TrafficPolicy | p       | {service: payments, outlier: {consecutiveFailures: 1000, baseEjection: 2s, maxEjection: 2s, maxEjectedPercent: 100}, connectTimeout: 1ms}
            TrafficPolicy | p       | {service: p, circuitBreaker: {maxConnections: 1, maxPendingRequests: 1000000, maxRequests: 3}, retryBudget: {percent: 100, minPerSecond: 1}}
            TrafficPolicy | p       | {service: p, retry: {attempts: 0, codes: [400, 599], backoff: 1m}}
            TrafficPolicy | p       | {service: p, retry: {}, outlier: {}, circuitBreaker: {}, retryBudget: {}}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{}]}
            AccessPolicy  | p       | {service: p, action: Audit, rules: [{from: {identities: ['spiffe://east.mesh/ns/shop/sa/orders', 'spiffe://e*', 'spiffe://*']}, to: {methods: [GET, M-SEARCH], paths: [/, /a/*], ports: [1, 65535]}}]}
            AccessPolicy  | p       | {service: p, action: Deny, rules: [{from: {namespaces: [a], trustDomains: [b.mesh], notIdentities: ['spiffe://a/ns/..b/sa/...'], notNamespaces: [c]}}]}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [100]}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [1, 50, 100], bake: 168h, gate: {successRatePercent: 99.5, latencyPercentile: 0.1, latencyMs: 3600000, minRequests: 0}, onFailure: Hold, holdLimit: 0s}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [5], gate: {successRatePercent: 0}}
            """)
    void what_the_parser_takes_an_api_server_takes_and_both_read_the_same(String kind, String name, String spec) throws Exception {
        JsonNode object = object(kind, name, spec);
        JsonNode schema = CustomResourcesTest.schema(kindOf(kind));

        JsonNode stored = SchemaValidation.defaulted(schema, object);

        assertThat(SchemaValidation.problems(schema, stored)).isEmpty();
        assertThat(SchemaValidation.pruned(schema, object)).as("nothing is pruned").isEqualTo(object);
        assertThat(ResourceParser.parseOne("stored", JSON.writeValueAsString(stored), "shop"))
                .as("the schema's defaults are the parser's")
                .isEqualTo(ResourceParser.parseOne("given", JSON.writeValueAsString(object), "shop"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Mesh          | other   | {}
            Mesh          | default | {trustDomain: West}
            Mesh          | default | {mtls: strict}
            Mesh          | default | {accessLog: 'true'}
            Mesh          | default | {telemetryWindow: 500ms}
            Mesh          | default | {telemetryWindow: 61s}
            Mesh          | default | {telemetryWindow: 5 s}
            Mesh          | default | {idleUnsubscribe: 9s}
            Mesh          | default | {idleUnsubscribe: 169h}
            Mesh          | default | {region: "a\\tb"}
            Mesh          | default | {regoin: a}
            MeshLink      | east.b  | {trustDomain: east.mesh}
            MeshLink      | east    | {}
            MeshLink      | east    | {trustDomain: ''}
            MeshLink      | east    | {trustDomain: east.mesh, dialer: 1}
            MeshLink      | east    | {trustDomain: east.mesh, staleGrace: 169h}
            MeshLink      | east    | {trustDomain: east.mesh, addresses: [a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]}
            TrafficPolicy | p       | {}
            TrafficPolicy | p       | {service: a.b}
            TrafficPolicy | p       | {service: Payments}
            TrafficPolicy | p       | {service: p, outlier: {consecutiveFailures: 0}}
            TrafficPolicy | p       | {service: p, outlier: {consecutiveFailures: 1001}}
            TrafficPolicy | p       | {service: p, outlier: {consecutiveFailures: 1.5}}
            TrafficPolicy | p       | {service: p, outlier: {baseEjection: 0s}}
            TrafficPolicy | p       | {service: p, outlier: {maxEjection: 169h}}
            TrafficPolicy | p       | {service: p, outlier: {baseEjection: 2s, maxEjection: 1s}}
            TrafficPolicy | p       | {service: p, outlier: {maxEjectedPercent: 101}}
            TrafficPolicy | p       | {service: p, circuitBreaker: {maxConnections: 0}}
            TrafficPolicy | p       | {service: p, circuitBreaker: {maxRequests: 1000001}}
            TrafficPolicy | p       | {service: p, retryBudget: {percent: 0}}
            TrafficPolicy | p       | {service: p, retry: {attempts: 11}}
            TrafficPolicy | p       | {service: p, retry: {codes: [399]}}
            TrafficPolicy | p       | {service: p, retry: {codes: [600]}}
            TrafficPolicy | p       | {service: p, retry: {backoff: 61s}}
            TrafficPolicy | p       | {service: p, connectTimeout: 0s}
            TrafficPolicy | p       | {service: p, connectTimeout: 61s}
            AccessPolicy  | p       | {service: p, action: Allow}
            AccessPolicy  | p       | {service: p, action: Allow, rules: []}
            AccessPolicy  | p       | {service: p, action: ALLOW, rules: [{}]}
            AccessPolicy  | p       | {service: p, rules: [{}]}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{from: {identities: ['spiffe://a/b']}}]}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{from: {identities: ['spiffe://a/ns/../sa/b']}}]}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{from: {identities: ['spiffe://a*b*']}}]}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{from: {identities: ['*']}}]}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{from: {namespaces: [A]}}]}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{from: {trustDomains: ['']}}]}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{to: {methods: [get]}}]}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{to: {paths: [a]}}]}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{to: {paths: ['/*/a']}}]}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{to: {ports: [0]}}]}
            AccessPolicy  | p       | {service: p, action: Allow, rules: [{to: {ports: [65536]}}]}
            TrafficShift  | p       | {service: p, from: v1, to: v1, steps: [100]}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: []}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [0]}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [101]}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [50, 10]}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [10, 10]}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [100], bake: 0s}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [100], bake: 169h}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [100], gate: {successRatePercent: 101}}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [100], gate: {latencyPercentile: 0}}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [100], gate: {latencyMs: 0}}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [100], gate: {minRequests: -1}}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [100], onFailure: Stop}
            TrafficShift  | p       | {service: p, from: v1, to: v2, steps: [100], holdLimit: 169h}
            """)
    void what_the_parser_refuses_an_api_server_refuses(String kind, String name, String spec) {
        JsonNode object = object(kind, name, spec);
        JsonNode schema = CustomResourcesTest.schema(kindOf(kind));

        assertThat(catchThrowable(() -> ResourceParser.parseOne("given", JSON.writeValueAsString(object), "shop")))
                .as("the parser").isNotNull();
        assertThat(SchemaValidation.problems(schema, SchemaValidation.defaulted(schema, object))).as("the schema").isNotEmpty();
    }

    @Test
    void a_status_that_the_control_plane_writes_is_kept_whole() throws Exception {
        String shift = """
                {phase: Progressing, stepIndex: 20, weight: 10, stepStarted: '2026-01-31T12:00:00Z', heldSince: '2026-01-31T12:00:00Z',
                 reason: r, observedGeneration: 3000000000, applied: true, journal: [{time: '2026-01-31T12:00:00.123Z', event: GatePassed,
                 detail: d, observed: {requests: 3, failures: 1, successPercent: 66.6, latencyMs: 1.5}}]}
                """;
        for (JsonNode object : List.of(
                withStatus(object("TrafficShift", "p", "{service: p, from: v1, to: v2, steps: [100]}"), shift),
                withStatus(object("MeshLink", "east", "{trustDomain: east.mesh}"),
                        "{phase: Active, reason: r, lastSeen: '2026-01-31T12:00:00Z', bundleDigest: d, peerVersion: 1.4.0}"))) {
            JsonNode schema = CustomResourcesTest.schema(kindOf(object.path("kind").asString()));

            assertThat(SchemaValidation.pruned(schema, object)).isEqualTo(object);
            assertThat(SchemaValidation.problems(schema, object)).isEmpty();
            assertThat(ResourceParser.parseOne("status", JSON.writeValueAsString(object), "shop")).isNotNull();
        }
    }

    @Test
    void the_trust_domain_of_a_mesh_cannot_be_changed_but_set_once() {
        JsonNode field = CustomResourcesTest.schema(Kinds.MESH).path("properties").path("spec").path("properties").path("trustDomain");
        String rule = field.path("x-kubernetes-validations").get(0).path("rule").asString();

        assertThat(CelEvaluation.holds(rule, YAML.readTree("b.mesh"), YAML.readTree("a.mesh"))).isFalse();
        assertThat(CelEvaluation.holds(rule, YAML.readTree("a.mesh"), YAML.readTree("a.mesh"))).isTrue();
        assertThat(CelEvaluation.holds(rule, YAML.readTree("a.mesh"), YAML.readTree("''"))).isTrue();
    }

    private static Kind kindOf(String name) {
        return CustomResources.KINDS.stream().filter(kind -> kind.name().equals(name)).findFirst().orElseThrow();
    }

    private static JsonNode object(String kind, String name, String spec) {
        return YAML.readTree("{apiVersion: meshctl.dev/v1alpha1, kind: %s, metadata: {name: %s}, spec: %s}".formatted(kind, name, spec));
    }

    private static JsonNode withStatus(JsonNode object, String status) {
        ((ObjectNode) object).set("status", YAML.readTree(status));
        return object;
    }
}
