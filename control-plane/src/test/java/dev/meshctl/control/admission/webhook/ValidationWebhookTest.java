package dev.meshctl.control.admission.webhook;

import static dev.meshctl.control.admission.PodShapes.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.control.admission.TestTrees;
import dev.meshctl.runtime.daemon.Counters;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class ValidationWebhookTest {
    /** As an API server sends it: with defaults, its own bookkeeping, and a status of a controller. */
    private static final String ROUTE = """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata:
              name: checkout
              namespace: shop
              uid: 6f1b
              resourceVersion: "77"
              generation: 3
              creationTimestamp: "2026-01-31T12:00:00Z"
              ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: o, uid: u}]
              finalizers: [example.org/keep]
              annotations:
                kubectl.kubernetes.io/last-applied-configuration: '{"a":1}'
              managedFields: [{manager: kubectl, operation: Apply, fieldsV1: {"f:spec": {}}}]
            spec:
              parentRefs:
                - {group: "", kind: Service, name: checkout, port: 8080}
              rules:
                - matches: [{path: {type: PathPrefix, value: /}}]
                  backendRefs:
                    - {group: meshctl.dev, kind: Version, name: v1, weight: 90}
                    - {group: meshctl.dev, kind: Version, name: v2, weight: 10}
            status:
              parents: [{controllerName: example.org/c, conditions: []}]
            """;
    private static final String POLICY = """
            apiVersion: meshctl.dev/v1alpha1
            kind: AccessPolicy
            metadata: {generateName: only-frontend-, namespace: shop}
            spec:
              service: checkout
              action: Allow
              rules: [{from: {identities: ["spiffe://west.mesh/ns/shop/sa/frontend"]}}]
            """;

    private final Counters counters = new Counters();
    private final ValidationWebhook webhook = new ValidationWebhook(counters);

    private static ObjectNode object(String yaml) {
        return json(TestTrees.read(yaml).getFirst().toString());
    }

    private JsonNode create(String yaml) {
        return Reviews.response(webhook, Reviews.review(object(yaml), "CREATE", "shop"));
    }

    @Test
    void a_route_as_the_api_server_sends_it_is_valid() {
        assertThat(create(ROUTE).path("allowed").booleanValue()).isTrue();
        assertThat(counters.snapshot()).isEqualTo(Map.of("valid", 1L));
    }

    @Test
    void an_object_that_is_yet_to_get_its_name_is_valid() {
        assertThat(create(POLICY).path("allowed").booleanValue()).isTrue();
        assertThat(counters.snapshot()).isEqualTo(Map.of("valid", 1L));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "weight: 10 | weight: -1 | spec.rules[0].backendRefs[1].weight | from 0 to 1000000",
        "kind: Version, name: v2 | kind: Vresion, name: v2 | spec.rules[0].backendRefs[1].kind | Version",
        "backendRefs: | backendRef: | spec.rules[0].backendRef | did you mean \"backendRefs\"?",
        "PathPrefix | PathPrefx | spec.rules[0].matches[0].path.type | did you mean \"PathPrefix\"?",
    })
    void a_broken_route_is_refused_with_the_path_and_the_reason(String right, String wrong, String path, String reason) {
        JsonNode response = create(ROUTE.replace(right, wrong));

        assertThat(response.path("allowed").booleanValue()).isFalse();
        assertThat(response.at("/status/code").intValue()).isEqualTo(422);
        assertThat(response.at("/status/reason").asString()).isEqualTo("Invalid");
        assertThat(response.at("/status/message").asString()).contains(path + ": ").contains(reason);
        assertThat(response.at("/status/details/causes/0/field").asString()).isEqualTo(path);
        assertThat(response.at("/status/details/group").asString()).isEqualTo("gateway.networking.k8s.io");
        assertThat(counters.snapshot()).isEqualTo(Map.of("invalid", 1L));
    }

    @Test
    void all_that_is_wrong_in_a_policy_is_said_at_once() {
        JsonNode response = create(POLICY.replace("Allow", "Alow").replace("service: checkout", "service: check.out"));

        assertThat(response.at("/status/message").asString().lines()).anyMatch(l -> l.startsWith("spec.action: "));
        assertThat(response.at("/status/details/name").isMissingNode()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"Gateway", "''"})
    void a_route_of_a_gateway_is_none_of_the_meshs_business_whatever_it_holds(String kind) {
        String parent = kind.isEmpty() ? "{name: public}" : "{group: gateway.networking.k8s.io, kind: Gateway, name: public, sectionName: https}";
        String route = ROUTE.replace("{group: \"\", kind: Service, name: checkout, port: 8080}", parent)
                .replace("rules:", "aFieldOfAnotherController: 1\n  rules:");

        assertThat(create(route).path("allowed").booleanValue()).isTrue();
        assertThat(counters.snapshot()).isEqualTo(Map.of("not_asked_for", 1L));
    }

    @Test
    void a_route_of_a_gateway_and_a_service_is_checked_for_the_service() {
        String both = ROUTE.replace("parentRefs:", "parentRefs:\n    - {group: gateway.networking.k8s.io, kind: Gateway, name: public}");

        assertThat(create(both).path("allowed").booleanValue()).isTrue();
        assertThat(create(both.replace("weight: 10", "weight: ten")).path("allowed").booleanValue()).isFalse();
        assertThat(counters.snapshot()).isEqualTo(Map.of("valid", 1L, "invalid", 1L));
    }

    @Test
    void what_is_broken_can_be_deleted_and_let_go_of_its_finalizers() {
        ObjectNode broken = object(ROUTE.replace("weight: 10", "weight: -1"));
        JsonNode deleted = Reviews.response(webhook, Reviews.review(broken, "DELETE", "shop"));
        ((ObjectNode) broken.path("metadata")).put("deletionTimestamp", "2026-02-01T00:00:00Z").remove("finalizers");

        assertThat(deleted.path("allowed").booleanValue()).isTrue();
        assertThat(Reviews.response(webhook, Reviews.review(broken, "UPDATE", "shop")).path("allowed").booleanValue()).isTrue();
    }

    @Test
    void labelling_an_object_that_was_broken_before_is_allowed_with_a_warning_and_changing_it_is_not() {
        ObjectNode review = Reviews.review(object(ROUTE.replace("weight: 10", "weight: -1")), "UPDATE", "shop");
        ((ObjectNode) review.path("request")).set("oldObject", review.at("/request/object").deepCopy());
        ((ObjectNode) review.at("/request/object/metadata")).putObject("labels").put("team", "a");

        JsonNode labelled = Reviews.response(webhook, review);
        ((ObjectNode) review.at("/request/object/spec/parentRefs/0")).put("port", 9090);
        JsonNode changed = Reviews.response(webhook, review);

        assertThat(labelled.path("allowed").booleanValue()).isTrue();
        assertThat(labelled.at("/warnings/0").asString()).contains("not in use: spec.rules[0].backendRefs[1].weight");
        assertThat(changed.path("allowed").booleanValue()).isFalse();
        assertThat(counters.snapshot()).isEqualTo(Map.of("invalid_unchanged", 1L, "invalid", 1L));
    }

    @Test
    void other_kinds_and_the_status_are_allowed() {
        ObjectNode status = Reviews.review(object(ROUTE.replace("weight: 10", "weight: -1")), "UPDATE", "shop");
        ((ObjectNode) status.path("request")).put("subResource", "status");

        assertThat(Reviews.response(webhook, status).path("allowed").booleanValue()).isTrue();
        assertThat(create("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}").path("allowed").booleanValue()).isTrue();
        assertThat(counters.snapshot()).isEqualTo(Map.of("not_asked_for", 2L));
    }
}
