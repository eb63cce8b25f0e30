package dev.meshctl.cli.install.kubernetes.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.install.kubernetes.values.InvalidValues;
import dev.meshctl.cli.install.kubernetes.values.Profile;
import dev.meshctl.cli.install.kubernetes.values.ValuesReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Which webhooks the API server asks about a pod, by the labels of its namespace and its own. */
class WebhookSelectionTest {
    private static final String CANARY = "canary";

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            -                                  | -                              | -
            meshctl.dev/inject=enabled         | -                              | default
            meshctl.dev/inject=enabled         | meshctl.dev/inject=disabled    | -
            meshctl.dev/inject=disabled        | meshctl.dev/inject=enabled     | -
            -                                  | meshctl.dev/inject=enabled     | default
            meshctl.dev/revision=default       | -                              | default
            meshctl.dev/revision=canary        | -                              | canary
            meshctl.dev/revision=canary        | meshctl.dev/inject=disabled    | -
            meshctl.dev/revision=canary        | meshctl.dev/inject=enabled     | canary
            meshctl.dev/inject=enabled,meshctl.dev/revision=canary  | -         | canary
            meshctl.dev/inject=disabled,meshctl.dev/revision=canary | -         | -
            meshctl.dev/revision=gone          | meshctl.dev/inject=enabled     | -
            kubernetes.io/metadata.name=kube-system,meshctl.dev/inject=enabled  | - | -
            kubernetes.io/metadata.name=mesh-system,meshctl.dev/inject=enabled  | meshctl.dev/inject=enabled | -
            """)
    void one_control_plane_at_most_is_asked_and_none_about_pods_outside_of_the_mesh(String namespace, String pod, String revision)
            throws InvalidValues {
        List<String> asked = new ArrayList<>();
        for (String each : List.of("default", CANARY)) {
            Cluster cluster = Cluster.of(new ValuesReader(Profile.DEFAULT).set("revision.name=" + each)
                    .set("revision.promoted=" + !each.equals(CANARY)).read());
            cluster.all("MutatingWebhookConfiguration").stream().flatMap(configuration -> configuration.path("webhooks").valueStream())
                    .filter(webhook -> selects(webhook.path("namespaceSelector"), labels(namespace)))
                    .filter(webhook -> selects(webhook.path("objectSelector"), labels(pod)))
                    .forEach(webhook -> asked.add(revision(cluster, webhook)));
        }

        assertThat(asked).isEqualTo(revision == null ? List.of() : List.of(revision));
    }

    @Test
    void a_promotion_is_a_write_of_the_same_objects() throws InvalidValues {
        Cluster before = Cluster.of(Profile.DEFAULT);
        Cluster after = Cluster.of(new ValuesReader(Profile.DEFAULT).set("revision.name=" + CANARY).read());

        assertThat(after.names("ValidatingWebhookConfiguration")).isEqualTo(before.names("ValidatingWebhookConfiguration"));
        assertThat(after.the("MutatingWebhookConfiguration", "meshctl-injector-promoted").path("webhooks").valueStream()
                .map(webhook -> revision(after, webhook))).containsExactly(CANARY, CANARY);
        assertThat(before.the("MutatingWebhookConfiguration", "meshctl-injector-promoted").path("webhooks")).hasSize(2);
        assertThat(after.names("Secret")).as("one CA for the webhooks of all revisions").isEqualTo(before.names("Secret"));
    }

    @Test
    void the_check_of_objects_asks_neither_about_deletes_nor_about_status_nor_about_what_the_installation_writes()
            throws InvalidValues {
        JsonNode rule = Cluster.of(Profile.DEFAULT).the("ValidatingWebhookConfiguration", "meshctl-validator")
                .path("webhooks").get(0).path("rules").get(0);

        assertThat(rule.path("operations").valueStream().map(JsonNode::asString)).containsExactly("CREATE", "UPDATE");
        assertThat(rule.path("resources").valueStream().map(JsonNode::asString))
                .containsExactly("meshlinks", "trafficpolicies", "accesspolicies", "trafficshifts");
    }

    /** Whose Service it names. */
    private static String revision(Cluster cluster, JsonNode webhook) {
        return cluster.the("Service", webhook.path("clientConfig").path("service").path("name").asString())
                .path("spec").path("selector").path(Labels.REVISION).asString();
    }

    private static Map<String, String> labels(String text) {
        Map<String, String> labels = new HashMap<>();
        if (text != null) {
            for (String pair : text.split(",")) {
                labels.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
            }
        }
        return labels;
    }

    private static boolean selects(JsonNode selector, Map<String, String> labels) {
        return selector.path("matchExpressions").valueStream().allMatch(expression -> {
            String value = labels.get(expression.path("key").asString());
            boolean listed = expression.path("values").valueStream().anyMatch(each -> each.asString().equals(value));
            return switch (expression.path("operator").asString()) {
                case "In" -> value != null && listed;
                case "NotIn" -> value == null || !listed;
                case "DoesNotExist" -> value == null;
                default -> throw new IllegalArgumentException(expression.toString());
            };
        });
    }
}
