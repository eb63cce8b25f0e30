package dev.meshctl.cli.install.kubernetes.render;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.meshctl.cli.install.kubernetes.Golden;
import dev.meshctl.cli.install.kubernetes.values.InvalidValues;
import dev.meshctl.cli.install.kubernetes.values.Profile;
import dev.meshctl.cli.install.kubernetes.values.Values;
import dev.meshctl.cli.install.kubernetes.values.ValuesReader;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

class RenderingTest {
    private static final YAMLMapper YAML = YAMLMapper.builder().build();

    @ParameterizedTest
    @EnumSource(Profile.class)
    void a_profile_renders_to_its_golden_file(Profile profile) throws InvalidValues {
        Golden.assertSame("src/test/resources/golden/kubernetes/" + profile.word() + ".yaml",
                Cluster.of(profile).rendering().yaml());
    }

    @Test
    void the_table_of_permissions_says_what_the_code_does() throws InvalidValues {
        Golden.assertSame("../docs/kubernetes/rbac.md", AccessReference.markdown(new ValuesReader(Profile.DEFAULT).read()));
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void the_text_is_the_same_each_time_and_reads_back_as_the_objects(Profile profile) throws InvalidValues {
        Rendering first = Cluster.of(profile).rendering();

        assertThat(Cluster.of(profile).rendering().yaml()).isEqualTo(first.yaml());
        List<JsonNode> read = YAML.readerFor(JsonNode.class).<JsonNode>readValues(first.yaml()).readAll();
        assertThat(read).hasSameSizeAs(first.objects());
        for (int i = 0; i < read.size(); i++) {
            // Numbers may come back in another width.
            assertThat(read.get(i).toString()).isEqualTo(first.objects().get(i).tree().toString());
        }
    }

    @Test
    void text_that_yaml_could_take_for_something_else_is_quoted() {
        JsonNode tree = Tree.map("a", "on", "b", "1.10", "c", "0x1F", "d", "no", "e", "~", "f", "12:30", "g", "1_000",
                "h", "", "i", "*", "j", "a: b", "k", "a #b", "l", "null", "m", "2026-01-31", "n", ".inf", "o", "plain text",
                "y", true, "p", "a/b.c_d-e", "q", "- a", "r", "1e3", "s", ".5");

        String text = YamlText.write(List.of(tree));

        assertThat(text.lines().filter(line -> !line.contains("\"") && line.contains(": ")))
                .containsExactly("o: plain text", "p: a/b.c_d-e");
        assertThat(text).contains("\"y\": true");
        assertThat(YAML.readTree(text)).isEqualTo(tree);
    }

    @Test
    void a_version_of_any_form_gives_labels_and_tags_that_kubernetes_takes() throws InvalidValues {
        String version = "1.2.3-rc.1+build.4-" + "x".repeat(60) + "-";

        Cluster cluster = new Cluster(Rendering.of(new Target("east", version), new ValuesReader(Profile.DEFAULT).read()));

        assertThat(cluster.all()).allSatisfy(object -> assertThat(object.path("metadata").path("labels")
                .path("app.kubernetes.io/version").asString()).startsWith("1.2.3-rc.1_build.4")
                .matches("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"));
        assertThat(cluster.pod("trust-bridge").path("containers").get(0).path("image").asString())
                .endsWith(":" + version.replace('+', '_'));
    }

    @Test
    void steps_come_in_their_order() throws InvalidValues {
        List<InstallStep> steps = Cluster.of(Profile.HA).rendering().objects().stream().map(RenderedObject::step).toList();

        assertThat(steps).isSorted().containsAll(EnumSet.complementOf(EnumSet.of(InstallStep.KINDS_OF_OTHERS)))
                .as("what belongs to others is none of the mesh's objects").doesNotContain(InstallStep.KINDS_OF_OTHERS);
    }

    @Test
    void a_revision_beside_another_renders_its_own_control_plane_only() throws InvalidValues {
        Cluster promoted = Cluster.of(Profile.DEFAULT);
        Cluster canary = Cluster.of(new ValuesReader(Profile.DEFAULT).set("revision.name=canary").set("revision.promoted=false").read());

        assertThat(canary.names("Deployment")).containsExactly("control-plane-canary");
        assertThat(canary.names("Service")).containsExactly("control-plane-canary");
        assertThat(canary.names("MutatingWebhookConfiguration")).containsExactly("meshctl-injector-canary");
        assertThat(canary.names("ValidatingWebhookConfiguration")).isEmpty();
        assertThat(canary.the("MutatingWebhookConfiguration", "meshctl-injector-canary").path("webhooks")).hasSize(1);
        for (JsonNode object : canary.all()) {
            String name = object.path("metadata").path("name").asString();
            if (!name.contains("canary") && promoted.has(object.path("kind").asString(), name)) {
                assertThat(object).as("what both have is the same in both")
                        .isEqualTo(promoted.the(object.path("kind").asString(), name));
            }
        }
    }

    @Test
    void two_revisions_share_what_they_have_in_common_and_nothing_of_their_own() throws InvalidValues {
        Cluster old = Cluster.of(new ValuesReader(Profile.DEFAULT).set("revision.promoted=false").read());
        Cluster promoted = Cluster.of(new ValuesReader(Profile.DEFAULT).set("revision.name=v2").read());

        for (JsonNode object : old.all()) {
            if (promoted.has(object.path("kind").asString(), Cluster.name(object))) {
                assertThat(object).isEqualTo(promoted.the(object.path("kind").asString(), Cluster.name(object)));
            }
        }
        assertThat(promoted.names("Deployment")).containsExactly("trust-bridge", "control-plane-v2", "federation-gateway");
        assertThat(promoted.the("ConfigMap", "federation-gateway").toString()).contains("control-plane-v2.mesh-system.svc:15012");
        assertThat(old.the("ConfigMap", "control-plane").toString()).contains("\\\"promoted\\\" : \\\"false\\\"");
    }

    @Test
    void a_mesh_without_a_gateway_has_nothing_of_it() throws InvalidValues {
        Cluster cluster = Cluster.of(new ValuesReader(Profile.HA).set("gateway.enabled=false").read());

        assertThat(cluster.all()).extracting(Cluster::name).doesNotContain("federation-gateway").contains("trust-bridge");
    }

    @ParameterizedTest
    @CsvSource({"IPv4, 0.0.0.0:15012, SingleStack", "IPv6, [::]:15012, SingleStack", "Dual, [::]:15012, RequireDualStack"})
    void daemons_listen_in_the_family_that_services_have(String family, String address, String policy) throws InvalidValues {
        Cluster cluster = Cluster.of(new ValuesReader(Profile.DEFAULT).set("network.ipFamily=" + family).read());

        JsonNode config = YAML.readTree(cluster.the("ConfigMap", "control-plane").path("data").path("config.json").asString());
        JsonNode service = cluster.the("Service", "control-plane").path("spec");
        assertThat(config.path("listen").path("api").asString()).isEqualTo(address);
        assertThat(service.path("ipFamilyPolicy").asString()).isEqualTo(policy);
        assertThat(service.has("ipFamilies")).isEqualTo(policy.equals("SingleStack"));
    }

    @Test
    void rendering_touches_neither_files_nor_the_network() {
        JavaClasses classes = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.meshctl.cli.install.kubernetes.render", "dev.meshctl.cli.install.kubernetes.values",
                        "dev.meshctl.cli.install.kubernetes.crd");

        noClasses().should().dependOnClassesThat()
                .resideInAnyPackage("java.nio.file..", "java.net.http..", "io.fabric8..", "io.grpc..", "io.netty..",
                        "dev.meshctl.cli.command..", "dev.meshctl.cli.platform..")
                .check(classes);
    }

    @Test
    void settings_reach_the_objects() throws InvalidValues {
        Values values = new ValuesReader(Profile.DEFAULT).file("v.yaml", """
                trustDomain: example.mesh
                image: {repository: example.org/mesh, tag: v9, digest: "sha256:%s", pullPolicy: Always, pullSecrets: [registry]}
                gateway:
                  service: {nodePort: 31443, loadBalancerClass: example.org/lb, sourceRanges: [10.0.0.0/8],
                    externalTrafficPolicy: Local, annotations: {example.org/a: "true"}}
                network: {ipFamily: Dual}
                scheduling:
                  nodeSelector: {pool: mesh}
                  tolerations: [{key: a, operator: Exists, effect: NoSchedule}]
                  priorityClassName: high
                security: {runAsUser: 0}
                networkPolicies: {metricsFrom: [monitoring]}
                """.formatted("0".repeat(64))).read();
        Cluster cluster = Cluster.of(values);

        JsonNode service = cluster.the("Service", "federation-gateway");
        assertThat(service.path("metadata").path("annotations").path("example.org/a").asString()).isEqualTo("true");
        assertThat(service.path("spec").path("ipFamilyPolicy").asString()).isEqualTo("RequireDualStack");
        assertThat(service.path("spec").path("ports").get(0).path("nodePort").asInt()).isEqualTo(31443);
        assertThat(service.path("spec").path("loadBalancerSourceRanges").get(0).asString()).isEqualTo("10.0.0.0/8");
        JsonNode pod = cluster.pod("federation-gateway");
        assertThat(pod.path("containers").get(0).path("image").asString()).isEqualTo("example.org/mesh:v9@sha256:" + "0".repeat(64));
        assertThat(pod.path("securityContext").has("runAsUser")).as("left to the cluster").isFalse();
        assertThat(pod.path("securityContext").path("runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.path("tolerations").toString()).isEqualTo("[{\"key\":\"a\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"}]");
        assertThat(pod.path("priorityClassName").asString()).isEqualTo("high");
        assertThat(cluster.the("Mesh", "default").path("spec").path("trustDomain").asString()).isEqualTo("example.mesh");
        assertThat(cluster.the("NetworkPolicy", "trust-bridge").toString()).contains("monitoring");
    }
}
