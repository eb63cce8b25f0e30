package dev.meshctl.control.admission.webhook;

import static dev.meshctl.control.admission.PodShapes.SETTINGS;
import static dev.meshctl.control.admission.PodShapes.json;
import static dev.meshctl.control.admission.PodShapes.objects;
import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.control.admission.PodShapes;
import dev.meshctl.control.admission.inject.Injection.Changed;
import dev.meshctl.control.admission.inject.Injector;
import dev.meshctl.control.admission.inject.Placement;
import dev.meshctl.runtime.daemon.Counters;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class InjectionWebhookTest {
    private static final Map<String, String> ENABLED = Map.of("meshctl.dev/inject", "enabled");

    private final Counters counters = new Counters();
    private final InjectionWebhook webhook = new InjectionWebhook(new Injector(SETTINGS),
            namespace -> namespace.equals("elsewhere") ? Map.of() : ENABLED, counters);

    /** The pods that controllers would create of each shape. */
    static List<ObjectNode> pods() {
        return PodShapes.injectable().stream().map(shape -> {
            JsonNode template = PodShapes.pod(shape);
            ObjectNode pod = json("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}");
            pod.set("metadata", template.path("metadata").isObject() ? template.path("metadata").deepCopy() : json("{}"));
            ((ObjectNode) pod.path("metadata")).put("generateName", "made-");
            pod.set("spec", template.path("spec").deepCopy());
            return pod;
        }).toList();
    }

    @ParameterizedTest
    @MethodSource("pods")
    void applying_the_patch_to_the_pod_gives_the_injected_pod(ObjectNode pod) {
        JsonNode response = Reviews.response(webhook, Reviews.review(pod, "CREATE", "shop"));

        assertThat(response.path("allowed").booleanValue()).isTrue();
        assertThat(response.path("patchType").asString()).isEqualTo("JSONPatch");
        JsonNode patched = PatchInterpreter.apply(pod, Reviews.patch(response));
        assertThat(patched.at("/spec/initContainers/1/name").asString()).isEqualTo("meshctl-proxy");
        Placement placement = new Placement("shop", ENABLED, false);
        // Read again, since a number that was made is not equal to the same one that was read.
        assertThat(json(patched.toString())).isEqualTo(json(((Changed) new Injector(SETTINGS).inject(pod, placement)).object().toString()));
        assertThat(response.at("/auditAnnotations/injection").asString()).isEqualTo("injected");
        assertThat(counters.count("injected")).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("pods")
    void the_patch_says_nothing_twice_and_takes_no_field_of_the_owner_away(ObjectNode pod) {
        JsonNode patch = Reviews.patch(Reviews.response(webhook, Reviews.review(pod, "CREATE", "shop")));

        List<String> removed = patch.valueStream().filter(o -> o.path("op").asString().equals("remove")).map(o -> o.path("path").asString()).toList();
        assertThat(removed).allMatch(path -> path.endsWith("/tcpSocket") || path.endsWith("/grpc") || path.contains("/httpGet/"));
        assertThat(patch.valueStream().map(o -> o.path("path").asString())).doesNotContain("/spec", "/metadata", "/spec/containers");
        // Two containers, two volumes, the annotation; the rest is probes.
        assertThat(patch.valueStream().filter(o -> !o.path("path").asString().matches(".*(Probe|lifecycle)/.*"))).hasSizeBetween(3, 5);
    }

    @Test
    void a_pod_of_a_namespace_without_the_label_is_allowed_untouched_with_the_reason_in_the_audit_log() {
        JsonNode response = Reviews.response(webhook, Reviews.review(objects("bare-pod-no-ports").getFirst(), "CREATE", "elsewhere"));

        assertThat(response.path("allowed").booleanValue()).isTrue();
        assertThat(response.has("patch")).isFalse();
        assertThat(response.at("/auditAnnotations/injection").asString()).contains("not-enabled");
        assertThat(counters.count("left_alone_not_enabled")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"nginx-deployment, CREATE, ''", "bare-pod-no-ports, UPDATE, ''", "bare-pod-no-ports, DELETE, ''",
        "shared-process-namespace, UPDATE, ephemeralcontainers", "bare-pod-no-ports, CREATE, exec"})
    void all_but_new_pods_are_allowed_untouched(String shape, String operation, String subResource) {
        ObjectNode review = Reviews.review(objects(shape).getFirst(), operation, "shop");
        ((ObjectNode) review.path("request")).put("subResource", subResource);

        JsonNode response = Reviews.response(webhook, review);

        assertThat(response.path("allowed").booleanValue()).isTrue();
        assertThat(response.has("patch")).isFalse();
        assertThat(counters.snapshot()).isEqualTo(Map.of("not_asked_for", 1L));
    }

    @Test
    void a_pod_that_cannot_have_a_proxy_is_refused_with_each_field_and_what_to_do() {
        JsonNode response = Reviews.response(webhook, Reviews.review(objects("broken-annotations").getFirst(), "CREATE", "shop"));

        assertThat(response.path("allowed").booleanValue()).isFalse();
        assertThat(response.at("/status/code").intValue()).isEqualTo(422);
        assertThat(response.at("/status/message").asString()).contains("exclude-outbond-ports", "did you mean");
        assertThat(response.at("/status/details/causes").size()).isEqualTo(9);
        assertThat(response.at("/status/details/causes/0/field").asString()).startsWith("metadata.annotations[meshctl.dev/");
        assertThat(response.at("/status/details/kind").asString()).isEqualTo("Pod");
        assertThat(response.has("patch")).isFalse();
        assertThat(counters.count("refused")).isEqualTo(1);
    }

    @Test
    void warnings_reach_who_created_the_pod_and_are_no_longer_than_clients_show() {
        JsonNode response = Reviews.response(webhook, Reviews.review(objects("shared-process-namespace").getFirst(), "CREATE", "shop"));

        assertThat(response.at("/warnings/0").asString()).contains("process namespace");
        assertThat(response.path("warnings").valueStream().map(w -> w.asString().length())).allMatch(length -> length <= 256);
    }

    @Test
    void a_dry_run_is_answered_like_any_other_and_counted_apart() {
        ObjectNode review = Reviews.review(objects("bare-pod-no-ports").getFirst(), "CREATE", "shop");
        JsonNode real = Reviews.response(webhook, review);
        ((ObjectNode) review.path("request")).put("dryRun", true);

        assertThat(Reviews.response(webhook, review)).isEqualTo(real);
        assertThat(counters.count("dry_run")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "`` | 400 | review_other_version",
        "nonsense | 400 | review_no_json",
        "{} trailing | 400 | review_no_json",
        "[] | 400 | review_other_version",
        "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1beta1\"} | 400 | review_other_version",
        "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\"} | 400 | review_without_request",
        "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{}} | 400 | review_without_uid",
        "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"u\"}} | 400 | review_incomplete",
        "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"u\",\"operation\":\"CREATE\","
                + "\"kind\":{\"version\":\"v1\",\"kind\":\"Pod\"},\"object\":[]}} | 400 | review_incomplete",
    })
    void what_is_no_review_is_turned_away_with_a_line_that_says_why(String body, int status, String cause) {
        Webhook.Reply reply = webhook.answer(body.getBytes(StandardCharsets.UTF_8));

        assertThat(reply.status()).isEqualTo(status);
        assertThat(new String(reply.body(), StandardCharsets.UTF_8)).hasLineCount(1).hasSizeGreaterThan(10);
        assertThat(counters.snapshot()).isEqualTo(Map.of(cause, 1L));
    }

    @Test
    void a_review_that_is_too_large_or_too_deep_is_not_read() {
        assertThat(webhook.answer(new byte[AdmissionRequest.MAX_BYTES + 1]).status()).isEqualTo(413);
        assertThat(webhook.answer("[".repeat(100_000).getBytes(StandardCharsets.UTF_8)).status()).isEqualTo(400);
        assertThat(counters.snapshot()).isEqualTo(Map.of("review_too_large", 1L, "review_no_json", 1L));
    }

    @Test
    void a_failure_of_the_namespaces_is_a_failure_of_the_webhook_so_that_its_policy_decides() {
        InjectionWebhook broken = new InjectionWebhook(new Injector(SETTINGS), namespace -> {
            throw new IllegalStateException("no watch");
        }, counters);

        Webhook.Reply reply = broken.answer(Reviews.bytes(Reviews.review(objects("bare-pod-no-ports").getFirst(), "CREATE", "shop")));

        assertThat(reply.status()).isEqualTo(500);
        assertThat(counters.snapshot()).isEqualTo(Map.of("internal_error", 1L));
    }
}
