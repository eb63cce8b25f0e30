package dev.meshctl.cli.install.kubernetes.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.install.kubernetes.values.InvalidValues;
import dev.meshctl.cli.install.kubernetes.values.Profile;
import dev.meshctl.cli.install.kubernetes.values.Values;
import dev.meshctl.cli.install.kubernetes.values.ValuesReader;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.daemon.DaemonConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** The objects fit each other. */
class CoherenceTest {
    @ParameterizedTest
    @EnumSource(Profile.class)
    void no_two_objects_have_the_same_key(Profile profile) throws InvalidValues {
        assertThat(Cluster.of(profile).rendering().objects()).extracting(RenderedObject::key).doesNotHaveDuplicates()
                .allSatisfy(key -> assertThat(key.name()).matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?"));
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void all_that_is_namespaced_is_in_the_namespace_of_the_mesh(Profile profile) throws InvalidValues {
        Set<String> clusterWide = Set.of("CustomResourceDefinition", "Namespace", "ClusterRole", "ClusterRoleBinding", "Mesh",
                "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration");

        assertThat(Cluster.of(profile).rendering().objects()).extracting(RenderedObject::key).allSatisfy(key ->
                assertThat(key.namespace()).isEqualTo(clusterWide.contains(key.kind()) ? "" : "mesh-system"));
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void every_object_says_whose_it_is(Profile profile) throws InvalidValues {
        assertThat(Cluster.of(profile).all()).allSatisfy(object -> {
            JsonNode labels = object.path("metadata").path("labels");
            assertThat(labels.path("app.kubernetes.io/managed-by").asString()).isEqualTo("meshctl");
            assertThat(labels.path("app.kubernetes.io/version").asString()).isEqualTo("1.2.3");
        });
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void every_permission_has_a_reason_and_no_wildcard(Profile profile) throws InvalidValues {
        Site site = new Site(new Target("east", "1.2.3"), values(profile));

        assertThat(AccessRoles.of(site)).flatExtracting(AccessRole::rules).isNotEmpty().allSatisfy(rule -> {
            assertThat(rule.reason()).endsWith(".").hasSizeGreaterThan(20);
            assertThat(rule.resources()).doesNotContain("*");
            assertThat(rule.verbs()).isNotEmpty().isSubsetOf("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection");
            assertThat(rule.names().isEmpty() || !rule.verbs().contains("create")).as("a creation has no name yet").isTrue();
        });
        assertThat(Cluster.of(profile).all()).flatExtracting(object -> object.path("rules").valueStream().toList())
                .as("what is granted is what has reasons").hasSize(AccessRoles.of(site).stream().mapToInt(role -> role.rules().size()).sum());
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void nobody_reads_secrets_but_by_name_and_the_gateway_may_do_nothing(Profile profile) throws InvalidValues {
        Cluster cluster = Cluster.of(profile);

        for (JsonNode role : Stream.of("Role", "ClusterRole").flatMap(kind -> cluster.all(kind).stream()).toList()) {
            for (JsonNode rule : role.path("rules")) {
                if (texts(rule.path("resources")).contains("secrets")) {
                    assertThat(texts(rule.path("resourceNames"))).isNotEmpty();
                    assertThat(role.path("kind").asString()).isEqualTo("Role");
                }
            }
        }
        assertThat(Stream.of("RoleBinding", "ClusterRoleBinding").flatMap(kind -> cluster.all(kind).stream()))
                .flatExtracting(binding -> binding.path("subjects").valueStream().map(subject -> subject.path("name").asString()).toList())
                .doesNotContain("federation-gateway");
        assertThat(cluster.pod("federation-gateway").path("automountServiceAccountToken").asBoolean(true)).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void bindings_name_roles_and_accounts_that_are_there(Profile profile) throws InvalidValues {
        Cluster cluster = Cluster.of(profile);

        for (JsonNode binding : Stream.of("RoleBinding", "ClusterRoleBinding").flatMap(kind -> cluster.all(kind).stream()).toList()) {
            assertThat(cluster.names(binding.path("roleRef").path("kind").asString()))
                    .contains(binding.path("roleRef").path("name").asString());
            binding.path("subjects").forEach(subject ->
                    assertThat(cluster.names("ServiceAccount")).contains(subject.path("name").asString()));
        }
        cluster.all("Deployment").forEach(deployment -> assertThat(cluster.names("ServiceAccount"))
                .contains(cluster.pod(Cluster.name(deployment)).path("serviceAccountName").asString()));
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void named_permissions_are_about_objects_that_are_there_or_that_the_mesh_makes(Profile profile) throws InvalidValues {
        Cluster cluster = Cluster.of(profile);
        Set<String> known = new HashSet<>(cluster.all().stream().map(Cluster::name).toList());

        assertThat(Stream.of("Role", "ClusterRole").flatMap(kind -> cluster.all(kind).stream())
                .flatMap(role -> role.path("rules").valueStream())
                .flatMap(rule -> texts(rule.path("resourceNames")).stream())).isNotEmpty().allMatch(known::contains);
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void selectors_match_the_pods_of_exactly_one_part(Profile profile) throws InvalidValues {
        Cluster cluster = Cluster.of(profile);
        List<JsonNode> selectors = new ArrayList<>();
        cluster.all("Service").forEach(service -> selectors.add(service.path("spec").path("selector")));
        cluster.all("Deployment").forEach(each -> {
            selectors.add(each.path("spec").path("selector").path("matchLabels"));
            cluster.pod(Cluster.name(each)).path("topologySpreadConstraints").forEach(spread ->
                    selectors.add(spread.path("labelSelector").path("matchLabels")));
        });
        cluster.all("PodDisruptionBudget").forEach(each -> selectors.add(each.path("spec").path("selector").path("matchLabels")));
        cluster.all("NetworkPolicy").stream().filter(each -> !Cluster.name(each).equals("deny-unlisted"))
                .forEach(each -> selectors.add(each.path("spec").path("podSelector").path("matchLabels")));

        assertThat(selectors).hasSizeGreaterThanOrEqualTo(6).allSatisfy(selector -> assertThat(
                cluster.all("Deployment").stream().filter(each -> matches(selector, labelsOfPods(each)))).hasSize(1));
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void what_pods_mount_is_there(Profile profile) throws InvalidValues {
        Cluster cluster = Cluster.of(profile);

        for (JsonNode deployment : cluster.all("Deployment")) {
            JsonNode pod = cluster.pod(Cluster.name(deployment));
            List<String> volumes = pod.path("volumes").valueStream().map(volume -> volume.path("name").asString()).toList();
            assertThat(pod.path("containers").get(0).path("volumeMounts").valueStream().map(mount -> mount.path("name").asString()))
                    .containsExactlyElementsOf(volumes);
            for (JsonNode volume : pod.path("volumes")) {
                if (volume.has("configMap")) {
                    assertThat(cluster.names("ConfigMap")).contains(volume.path("configMap").path("name").asString());
                }
                if (volume.has("secret")) {
                    assertThat(cluster.names("Secret")).contains(volume.path("secret").path("secretName").asString());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void secrets_have_no_content(Profile profile) throws InvalidValues {
        assertThat(Cluster.of(profile).all("Secret")).isNotEmpty().allSatisfy(secret -> {
            assertThat(secret.has("data")).isFalse();
            assertThat(secret.has("stringData")).isFalse();
        });
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void services_probes_policies_and_webhooks_name_ports_that_containers_have(Profile profile) throws InvalidValues {
        Cluster cluster = Cluster.of(profile);

        for (JsonNode service : cluster.all("Service")) {
            List<String> names = ports(cluster, service.path("spec").path("selector"), "name");
            service.path("spec").path("ports").forEach(port -> assertThat(names).contains(port.path("targetPort").asString()));
        }
        for (JsonNode policy : cluster.all("NetworkPolicy")) {
            List<String> numbers = ports(cluster, policy.path("spec").path("podSelector").path("matchLabels"), "containerPort");
            List<String> open = policy.path("spec").path("ingress").valueStream()
                    .flatMap(rule -> rule.path("ports").valueStream()).map(port -> port.path("port").asString()).toList();
            assertThat(open).containsExactlyInAnyOrderElementsOf(Cluster.name(policy).equals("deny-unlisted") ? List.of() : numbers);
        }
        for (JsonNode webhook : Stream.of("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
                .flatMap(kind -> cluster.all(kind).stream()).flatMap(each -> each.path("webhooks").valueStream()).toList()) {
            JsonNode client = webhook.path("clientConfig").path("service");
            JsonNode service = cluster.the("Service", client.path("name").asString());
            assertThat(service.path("spec").path("ports").valueStream()
                    .filter(port -> port.path("port").equals(client.path("port"))).map(port -> port.path("targetPort").asString()))
                    .containsExactly("webhooks");
            assertThat(webhook.path("clientConfig").has("caBundle")).as("filled in the cluster").isFalse();
        }
        cluster.all("Deployment").forEach(each -> Stream.of("startupProbe", "livenessProbe", "readinessProbe").forEach(probe ->
                assertThat(cluster.pod(Cluster.name(each)).path("containers").get(0).path(probe).path("httpGet").path("port").asString())
                        .isEqualTo("metrics")));
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void daemons_read_their_configuration_and_find_in_it_the_ports_of_their_containers(Profile profile, @TempDir Path directory)
            throws InvalidValues, IOException, ConfigException {
        Cluster cluster = Cluster.of(profile);

        for (JsonNode deployment : cluster.all("Deployment")) {
            String name = Cluster.name(deployment);
            Path file = directory.resolve(name + ".json");
            Files.writeString(file, cluster.the("ConfigMap", name).path("data").path("config.json").asString());

            DaemonConfig config = DaemonConfig.read(file);

            assertThat(config.cluster()).isEqualTo("east");
            assertThat(config.trustDomain().name()).isEqualTo("east.mesh");
            List<String> listening = new ArrayList<>();
            for (String listener : config.listen().keySet()) {
                listening.add(String.valueOf(config.listenAddress(listener).getPort()));
            }
            assertThat(listening).containsExactlyInAnyOrderElementsOf(ports(cluster, labelsOfPods(deployment), "containerPort"));
            assertThat(mountedPaths(cluster.pod(name)))
                    .anyMatch(path -> config.dataDir().startsWith(path) && !config.dataDir().toString().equals(path))
                    .anyMatch(path -> config.bundle().startsWith(path));
            for (var address : Stream.of(config.trustBridge(), config.controlPlane()).filter(each -> each != null).toList()) {
                String host = address.host().substring(0, address.host().indexOf('.'));
                assertThat(cluster.the("Service", host).path("spec").path("ports").valueStream().map(port -> port.path("port").asInt()))
                        .contains(address.port());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void pods_keep_the_standard_that_their_namespace_demands(Profile profile) throws InvalidValues {
        Cluster cluster = Cluster.of(profile);

        assertThat(cluster.the("Namespace", "mesh-system").path("metadata").path("labels")
                .path("pod-security.kubernetes.io/enforce").asString()).isEqualTo("restricted");
        assertThat(cluster.all("Deployment")).allSatisfy(deployment -> {
            JsonNode pod = cluster.pod(Cluster.name(deployment));
            JsonNode container = pod.path("containers").get(0).path("securityContext");
            assertThat(pod.path("securityContext").path("runAsNonRoot").asBoolean()).isTrue();
            assertThat(pod.path("securityContext").path("runAsUser").asLong()).isPositive();
            assertThat(pod.path("securityContext").path("seccompProfile").path("type").asString()).isEqualTo("RuntimeDefault");
            assertThat(container.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
            assertThat(container.path("readOnlyRootFilesystem").asBoolean()).isTrue();
            assertThat(texts(container.path("capabilities").path("drop"))).containsExactly("ALL");
            assertThat(pod.path("volumes").valueStream().flatMap(volume -> volume.propertyNames().stream()))
                    .isSubsetOf("name", "configMap", "secret", "emptyDir", "projected");
        });
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void a_budget_always_leaves_a_pod_to_evict(Profile profile) throws InvalidValues {
        Cluster cluster = Cluster.of(profile);

        assertThat(cluster.names("PodDisruptionBudget")).containsExactlyElementsOf(cluster.all("Deployment").stream()
                .filter(each -> each.path("spec").path("replicas").asInt() > 1).map(Cluster::name).toList());
    }

    private static List<String> ports(Cluster cluster, JsonNode selector, String field) {
        return cluster.all("Deployment").stream().filter(each -> matches(selector, labelsOfPods(each)))
                .flatMap(each -> cluster.pod(Cluster.name(each)).path("containers").get(0).path("ports").valueStream())
                .map(port -> port.path(field).asString()).toList();
    }

    private static List<String> mountedPaths(JsonNode pod) {
        return pod.path("containers").get(0).path("volumeMounts").valueStream().map(mount -> mount.path("mountPath").asString()).toList();
    }

    private static JsonNode labelsOfPods(JsonNode deployment) {
        return deployment.path("spec").path("template").path("metadata").path("labels");
    }

    private static boolean matches(JsonNode selector, JsonNode labels) {
        return !selector.isEmpty() && selector.properties().stream().allMatch(entry -> entry.getValue().equals(labels.get(entry.getKey())));
    }

    private static List<String> texts(JsonNode list) {
        return list.valueStream().map(JsonNode::asString).toList();
    }

    private static Values values(Profile profile) throws InvalidValues {
        return new ValuesReader(profile).read();
    }
}
