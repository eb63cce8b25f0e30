package dev.meshctl.cli.install.kubernetes.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.install.kubernetes.values.InvalidValues;
import dev.meshctl.cli.install.kubernetes.values.Profile;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** What the gateway, which speaks with other clusters, is given to hold: a token that ends soon, and rights to nothing. */
class GatewayCredentialsTest {
    private static final String GATEWAY = "federation-gateway";

    private static List<JsonNode> list(JsonNode array) {
        List<JsonNode> items = new ArrayList<>();
        array.forEach(items::add);
        return items;
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void its_pods_mount_no_secret_and_one_token_that_ends_within_an_hour_and_is_for_the_trust_bridge_only(Profile profile)
            throws InvalidValues {
        JsonNode pod = Cluster.of(profile).pod(GATEWAY);

        assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
        assertThat(list(pod.path("volumes"))).noneMatch(volume -> volume.has("secret"));
        List<JsonNode> projected = list(pod.path("volumes")).stream()
                .flatMap(volume -> list(volume.path("projected").path("sources")).stream()).toList();
        assertThat(projected).noneMatch(source -> source.has("secret"));
        assertThat(projected.stream().filter(source -> source.has("serviceAccountToken")).toList()).singleElement()
                .satisfies(source -> {
                    JsonNode token = source.path("serviceAccountToken");
                    assertThat(token.path("audience").asString()).isEqualTo("meshctl.dev/trust-bridge");
                    assertThat(token.path("expirationSeconds").asLong(Long.MAX_VALUE)).isLessThanOrEqualTo(3600);
                });
        assertThat(pod.toString()).doesNotContain("secretKeyRef", "secretRef");
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void its_account_has_rights_to_nothing_in_its_own_cluster(Profile profile) throws InvalidValues {
        Cluster cluster = Cluster.of(profile);
        List<JsonNode> bindings = new ArrayList<>(cluster.all("RoleBinding"));
        bindings.addAll(cluster.all("ClusterRoleBinding"));

        assertThat(bindings).isNotEmpty()
                .noneMatch(binding -> list(binding.path("subjects")).stream()
                        .anyMatch(subject -> subject.path("name").asString().equals(GATEWAY)));
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void nothing_that_is_installed_is_a_kubeconfig_or_a_token_without_an_end(Profile profile) throws InvalidValues {
        assertThat(Cluster.of(profile).all("Secret")).isNotEmpty().allSatisfy(secret -> {
            assertThat(secret.path("type").asString("Opaque")).isNotEqualTo("kubernetes.io/service-account-token");
            assertThat(list(secret.path("data"))).as("filled by its owner, never by the installation").isEmpty();
            assertThat(list(secret.path("stringData"))).isEmpty();
        });
        assertThat(Cluster.of(profile).rendering().yaml()).doesNotContain("kubeconfig", "current-context");
    }
}
