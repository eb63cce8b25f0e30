package dev.meshctl.cli.install.kubernetes.precheck;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.api.FakeApiServer;
import dev.meshctl.cli.install.kubernetes.operate.Companions;
import dev.meshctl.cli.install.kubernetes.operate.Installer;
import dev.meshctl.cli.install.kubernetes.operate.Kube;
import dev.meshctl.cli.install.kubernetes.operate.Wanted;
import dev.meshctl.cli.verify.Result;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrechecksTest {
    private static final String GATEWAY_DEFINITION = """
            {'apiVersion': 'apiextensions.k8s.io/v1', 'kind': 'CustomResourceDefinition', 'metadata': {'name': '%s', 'annotations':
              {'gateway.networking.k8s.io/bundle-version': 'v1.2.1', 'gateway.networking.k8s.io/channel': 'standard'}},
             'spec': {'versions': [{'name': '%s', 'served': true}, {'name': 'v1beta1', 'served': false}]}}""";

    private final Kube kube = new Kube();

    @AfterEach
    void close() {
        kube.close();
    }

    @Test
    void a_cluster_that_is_as_it_should_be_passes() {
        assertThat(findings()).filteredOn(Finding::blocks).isEmpty();
        assertThat(of("version")).extracting(Finding::text).containsExactly("Kubernetes v1.31.2");
        assertThat(of("permissions")).extracting(Finding::result).containsExactly(Result.PASS);
    }

    @ParameterizedTest
    @CsvSource({"v1.28.9,FAIL", "v1.29.0-gke.1,PASS", "v1.33.1+k3s1,PASS", "v2.0.0,PASS", "unknown,UNKNOWN"})
    void the_api_server_must_know_sidecar_containers(String version, Result result) {
        kube.server().version(version);

        assertThat(of("version")).extracting(Finding::result).containsExactly(result);
    }

    @ParameterizedTest
    @CsvSource({"PT0S,PASS", "PT40S,WARN", "PT-40S,WARN", "PT10M,FAIL"})
    void clocks_must_agree(Duration skew, Result result) {
        kube.clockTicks();
        kube.shiftClock(skew);

        assertThat(of("clock")).extracting(Finding::result).containsExactly(result);
    }

    @Test
    void the_time_that_it_takes_to_look_at_a_cluster_is_no_difference_of_clocks() {
        kube.clockTicks();
        kube.server().fail(1, (method, path) -> {
            if (path.endsWith("/secrets")) {
                kube.shiftClock(Duration.ofMinutes(10));
            }
            return false;
        }, 500, "");

        assertThat(of("clock")).extracting(Finding::result).containsExactly(Result.PASS);
    }

    @Test
    void a_namespace_that_is_being_deleted_is_told_with_what_holds_it() {
        kube.server().objects().put("/api/v1/namespaces/mesh-system", """
                {'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'mesh-system', 'deletionTimestamp': '2026-01-01T00:00:00Z'},
                 'status': {'conditions': [{'type': 'NamespaceFinalizersRemaining', 'status': 'True',
                  'message': 'example.org/guard in 1 resource instances'}]}}""");

        assertThat(of("namespace")).singleElement().satisfies(finding -> {
            assertThat(finding.result()).isEqualTo(Result.FAIL);
            assertThat(finding.text()).contains("is being deleted", "example.org/guard in 1 resource instances");
        });
    }

    @Test
    void kinds_of_others_that_are_missing_are_a_warning_that_says_how_to_get_them() {
        assertThat(of("kinds")).filteredOn(finding -> finding.result() == Result.WARN).satisfiesExactly(
                gateway -> {
                    assertThat(gateway.text()).contains("httproutes.gateway.networking.k8s.io");
                    assertThat(gateway.next()).contains("standard channel", "--with-crds FILE");
                },
                mcs -> assertThat(mcs.text()).contains("serviceexports.multicluster.x-k8s.io"));
    }

    @ParameterizedTest
    @CsvSource({"v1.29.14,standard channel of release 1.4", "v1.30.2-gke.1,standard channel of release 1.4",
        "v1.31.0,standard channel of https", "unknown,standard channel of https"})
    void an_api_server_that_is_too_old_for_the_newest_gateway_api_is_given_one_that_it_takes(String version, String next) {
        kube.server().version(version);

        assertThat(of("kinds")).filteredOn(finding -> finding.text().contains("httproutes")).singleElement()
                .satisfies(finding -> assertThat(finding.next()).contains(next));
    }

    @Test
    void a_definition_of_others_that_the_api_server_does_not_take_is_told_before_anything_is_changed() {
        kube.server().version("v1.29.14");
        kube.server().fail(1, (method, path) -> method.equals("PATCH") && path.contains("tlsroutes"), 422,
                FakeApiServer.status(422, "Invalid", "CustomResourceDefinition.apiextensions.k8s.io"
                        + " \"tlsroutes.gateway.networking.k8s.io\" is invalid: undeclared reference to 'isIP'"));
        Wanted wanted = Kube.wanted("0.2.0", Conflicts.REFUSE);
        Wanted withKinds = new Wanted(wanted.release(), wanted.what(), wanted.conflicts(), Companions.read("crds.yaml", """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: tlsroutes.gateway.networking.k8s.io}
                """));

        List<Finding> findings = new Installer(kube.place()).prepare(withKinds).findings();

        assertThat(findings).filteredOn(Finding::blocks).singleElement().satisfies(finding -> {
            assertThat(finding.check()).isEqualTo("objects");
            assertThat(finding.text()).contains("tlsroutes.gateway.networking.k8s.io", "undeclared reference to 'isIP'");
            assertThat(finding.next()).contains("release 1.4 of Gateway API", "Kubernetes 1.31");
        });
        assertThat(kube.server().writes()).isEmpty();
    }

    @Test
    void kinds_that_are_there_are_told_with_their_bundle_and_those_in_other_versions_are_refused() {
        define("httproutes.gateway.networking.k8s.io", "v1");
        define("grpcroutes.gateway.networking.k8s.io", "v1alpha2");

        assertThat(of("kinds")).filteredOn(finding -> finding.result() == Result.PASS).singleElement()
                .satisfies(finding -> assertThat(finding.text()).contains("httproutes.gateway.networking.k8s.io v1.2.1 standard"));
        assertThat(of("kinds")).filteredOn(Finding::blocks).singleElement().satisfies(finding -> assertThat(finding.text())
                .isEqualTo("grpcroutes.gateway.networking.k8s.io is there in v1alpha2; the mesh reads v1"));
    }

    @Test
    void kinds_that_come_with_the_mesh_are_not_missing() {
        Wanted wanted = Kube.wanted("0.2.0", Conflicts.REFUSE);
        Wanted withKinds = new Wanted(wanted.release(), wanted.what(), wanted.conflicts(), Companions.read("crds.yaml", """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: httproutes.gateway.networking.k8s.io}
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: not-a-definition}
                """));

        List<Finding> findings = new Installer(kube.place()).prepare(withKinds).findings();

        assertThat(withKinds.companions()).hasSize(1);
        assertThat(findings).filteredOn(finding -> finding.check().equals("kinds")).first()
                .satisfies(finding -> assertThat(finding.text()).isEqualTo("httproutes.gateway.networking.k8s.io is installed with the mesh"));
    }

    @Test
    void a_trust_domain_cannot_be_changed() {
        kube.install("0.2.0");

        List<Finding> findings = new Installer(kube.place())
                .prepare(Kube.wanted("0.2.0", Conflicts.REFUSE, "trustDomain=other.mesh")).findings();

        assertThat(findings).filteredOn(Finding::blocks).singleElement().satisfies(finding -> {
            assertThat(finding.text()).contains("this mesh is west.mesh, and would become other.mesh");
            assertThat(finding.next()).contains("--set trustDomain=west.mesh");
        });
    }

    @Test
    void objects_of_an_earlier_installation_that_nobody_remembers_are_told() {
        kube.server().objects().put("/apis/rbac.authorization.k8s.io/v1/clusterroles/meshctl-old", """
                {'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'ClusterRole', 'metadata': {'name': 'meshctl-old', 'labels':
                 {'app.kubernetes.io/managed-by': 'meshctl', 'app.kubernetes.io/part-of': 'meshctl'}}}""");

        assertThat(of("leftovers")).singleElement().satisfies(finding -> {
            assertThat(finding.result()).isEqualTo(Result.WARN);
            assertThat(finding.text()).contains("ClusterRole meshctl-old");
            assertThat(finding.next()).contains("meshctl uninstall");
        });
    }

    @Test
    void a_webhook_that_was_left_behind_and_must_answer_is_refused() {
        webhook("istio-sidecar-injector", "Fail", "{}");

        assertThat(of("webhooks")).singleElement().satisfies(finding -> {
            assertThat(finding.result()).isEqualTo(Result.FAIL);
            assertThat(finding.text()).contains("its Service gone/injector is not there");
            assertThat(finding.next()).isEqualTo(
                    "if it was left behind: kubectl delete mutatingwebhookconfiguration istio-sidecar-injector");
        });
    }

    @Test
    void a_webhook_of_another_mesh_that_selects_everything_is_a_warning() {
        webhook("linkerd-proxy-injector-webhook-config", "Ignore", "{}");

        assertThat(of("webhooks")).singleElement().satisfies(finding -> {
            assertThat(finding.result()).isEqualTo(Result.WARN);
            assertThat(finding.text()).contains("linkerd-proxy-injector-webhook-config", "of another mesh");
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{'matchLabels': {'istio-injection': 'enabled'}}",
        "{'matchExpressions': [{'key': 'kubernetes.io/metadata.name', 'operator': 'NotIn', 'values': ['mesh-system']}]}",
        "{'matchExpressions': [{'key': 'meshctl.dev/inject', 'operator': 'DoesNotExist'}]}"})
    void a_webhook_that_leaves_the_namespace_of_the_mesh_alone_is_none_of_our_business(String selector) {
        webhook("istio-sidecar-injector", "Fail", selector);

        assertThat(of("webhooks")).extracting(Finding::result).containsExactly(Result.PASS);
    }

    @Test
    void a_check_that_cannot_look_says_so_and_stops_no_other() {
        kube.server().fail(9, (method, path) -> path.endsWith("/mutatingwebhookconfigurations"), 403,
                FakeApiServer.status(403, "Forbidden", "User \"jo\" cannot list resource \"mutatingwebhookconfigurations\" in API group"
                        + " \"admissionregistration.k8s.io\" at the cluster scope"));

        List<Finding> findings = findings();

        assertThat(findings).filteredOn(finding -> finding.check().equals("webhooks")).singleElement().satisfies(finding -> {
            assertThat(finding.result()).isEqualTo(Result.UNKNOWN);
            assertThat(finding.text()).contains("may not list mutatingwebhookconfigurations.admissionregistration.k8s.io");
        });
        assertThat(findings).extracting(Finding::check).contains("version", "permissions", "kinds");
    }

    private void define(String name, String version) {
        kube.server().objects().put(Kube.DEFINITIONS + name, GATEWAY_DEFINITION.formatted(name, version));
    }

    private void webhook(String name, String policy, String namespaceSelector) {
        kube.server().objects().put("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/" + name, """
                {'apiVersion': 'admissionregistration.k8s.io/v1', 'kind': 'MutatingWebhookConfiguration', 'metadata': {'name': '%s'},
                 'webhooks': [{'name': 'inject.example.org', 'failurePolicy': '%s', 'namespaceSelector': %s,
                  'clientConfig': {'service': {'name': 'injector', 'namespace': 'gone'}},
                  'rules': [{'operations': ['CREATE'], 'apiGroups': [''], 'resources': ['pods']}]}]}""".formatted(name, policy, namespaceSelector));
    }

    private List<Finding> of(String check) {
        return findings().stream().filter(finding -> finding.check().equals(check)).toList();
    }

    private List<Finding> findings() {
        return new Installer(kube.place()).prepare(Kube.wanted("0.2.0", Conflicts.REFUSE)).findings();
    }
}
