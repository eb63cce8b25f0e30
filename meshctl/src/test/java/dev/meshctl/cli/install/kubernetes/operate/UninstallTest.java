package dev.meshctl.cli.install.kubernetes.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.FakeApiServer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class UninstallTest {
    private static final String NAMESPACE = "/api/v1/namespaces/mesh-system";

    private final Kube kube = new Kube();
    private final Uninstall uninstall = new Uninstall(kube.place());

    @AfterEach
    void close() {
        kube.close();
    }

    @Test
    void everything_that_was_installed_goes_the_webhooks_first_and_nothing_else() {
        String other = "/apis/rbac.authorization.k8s.io/v1/clusterroles/cluster-admin";
        kube.server().objects().put(other, "{'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'ClusterRole', 'metadata': {'name': 'cluster-admin'}}");
        kube.install("0.2.0");
        kube.server().forget();

        Uninstall.Plan plan = uninstall.plan(false);
        uninstall.carryOut(plan, kube.progress());

        assertThat(plan.kept()).isEmpty();
        assertThat(kube.server().objects().paths()).containsExactly(other);
        List<String> deletes = kube.server().writes();
        assertThat(deletes.getFirst()).contains("DELETE", "webhookconfigurations");
        assertThat(deletes.getLast()).isEqualTo("DELETE " + NAMESPACE);
    }

    @Test
    void the_ca_and_kinds_with_objects_of_users_are_kept_and_it_says_why() {
        kube.install("0.2.0");
        kube.server().objects().get(Kube.NAMESPACED + "secrets/trust-bridge-ca").putObject("data").put("root.pem", "eA==");
        userPolicy();

        Uninstall.Plan plan = uninstall.plan(false);
        uninstall.carryOut(plan, kube.progress());

        assertThat(plan.kept()).extracting(Uninstall.Kept::what).containsExactly("Secret mesh-system/trust-bridge-ca",
                "Namespace mesh-system", "CustomResourceDefinition trafficpolicies.meshctl.dev");
        assertThat(plan.kept().getLast().why()).contains("1 object of yours", "shop/retries");
        assertThat(kube.server().objects().paths()).containsExactly(NAMESPACE, Kube.NAMESPACED + "secrets/trust-bridge-ca",
                "/api/v1/namespaces/shop", Kube.DEFINITIONS + "trafficpolicies.meshctl.dev", policyPath());
    }

    @Test
    void a_purge_keeps_nothing() {
        kube.install("0.2.0");
        kube.server().objects().get(Kube.NAMESPACED + "secrets/trust-bridge-ca").putObject("data").put("root.pem", "eA==");
        userPolicy();

        Uninstall.Plan plan = uninstall.plan(true);
        uninstall.carryOut(plan, kube.progress());

        assertThat(plan.kept()).isEmpty();
        assertThat(kube.server().objects().paths()).containsExactly("/api/v1/namespaces/shop");
    }

    @Test
    void a_namespace_that_was_there_before_the_mesh_outlives_it_even_a_purge() {
        kube.server().objects().put(NAMESPACE, "{'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'mesh-system', 'labels': {'team': 'a'}}}");
        kube.install("0.2.0");

        Uninstall.Plan plan = uninstall.plan(true);
        uninstall.carryOut(plan, kube.progress());

        assertThat(plan.kept()).singleElement().satisfies(kept -> assertThat(kept.why()).isEqualTo("it was there before the mesh"));
        assertThat(kube.server().objects().paths()).containsExactly(NAMESPACE);

        assertThat(kube.server().objects().get(NAMESPACE).path("metadata").path("labels").toString()).isEqualTo("{\"team\":\"a\"}");
        assertThat(uninstall.plan(true).isEmpty()).as("a second run finds nothing that is the mesh's").isTrue();
        kube.install("0.2.0");
        uninstall.carryOut(uninstall.plan(true), kube.progress());
        assertThat(kube.server().objects().paths()).as("after another installation").containsExactly(NAMESPACE);
    }

    @Test
    void a_namespace_that_was_there_before_is_known_after_an_installation_that_was_interrupted_before_its_checkpoint() {
        kube.server().objects().put(NAMESPACE, "{'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'mesh-system'}}");
        kube.server().fail(1, (method, path) -> method.equals("POST") && path.endsWith("/secrets"), 403,
                FakeApiServer.status(403, "Forbidden", "exceeded quota"));
        assertThat(catchThrowableOfType(CliError.class, () -> kube.install("0.2.0"))).isNotNull();
        kube.install("0.2.0");

        uninstall.carryOut(uninstall.plan(true), kube.progress());

        assertThat(kube.server().objects().paths()).containsExactly(NAMESPACE);
    }

    @Test
    void the_clusters_that_it_is_linked_with_are_known_before() {
        kube.install("0.2.0");
        kube.server().objects().put("/apis/meshctl.dev/v1alpha1/meshlinks/east",
                "{'apiVersion': 'meshctl.dev/v1alpha1', 'kind': 'MeshLink', 'metadata': {'name': 'east'}}");

        assertThat(uninstall.plan(true).peers()).containsExactly("east");
    }

    @Test
    void a_namespace_with_objects_of_others_is_kept_for_them() {
        kube.install("0.2.0");
        kube.server().objects().put(Kube.NAMESPACED + "secrets/registry",
                "{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'registry', 'namespace': 'mesh-system'}}");

        Uninstall.Plan plan = uninstall.plan(false);

        assertThat(plan.kept()).singleElement().satisfies(kept -> {
            assertThat(kept.what()).isEqualTo("Namespace mesh-system");
            assertThat(kept.why()).contains("objects of others", "Secret registry");
        });
    }

    @Test
    void an_installation_that_nobody_has_a_checkpoint_of_is_found_by_its_labels() {
        kube.install("0.2.0");
        kube.server().objects().delete(Kube.NAMESPACED + "secrets/meshctl-checkpoint-1");

        uninstall.carryOut(uninstall.plan(false), kube.progress());

        assertThat(kube.server().objects().paths()).isEmpty();
    }

    @Test
    void a_run_that_was_interrupted_is_finished_by_the_next() {
        kube.install("0.2.0");
        kube.server().fail(1, (method, path) -> method.equals("DELETE") && path.contains("/clusterroles/"), 403,
                FakeApiServer.status(403, "Forbidden", "no"));

        CliError first = catchThrowableOfType(CliError.class, () -> uninstall.carryOut(uninstall.plan(false), kube.progress()));
        Uninstall.Plan rest = uninstall.plan(false);
        uninstall.carryOut(rest, kube.progress());

        assertThat(first.where()).isEqualTo("cluster west, step clusterroles");
        assertThat(rest.removed()).noneMatch(key -> key.kind().equals("Deployment")).anyMatch(key -> key.kind().equals("ClusterRole"));
        assertThat(kube.server().objects().paths()).isEmpty();
    }

    @Test
    void a_namespace_that_does_not_go_is_told_with_what_holds_it() {
        kube.install("0.2.0");
        ObjectNode namespace = kube.server().objects().get(NAMESPACE);
        ((ObjectNode) namespace.path("metadata")).putArray("finalizers").add("example.org/guard");
        namespace.putObject("status").putArray("conditions").addObject().put("type", "NamespaceContentRemaining").put("status", "True")
                .put("message", "Some resources are remaining: pods. has 1 resource instances");

        CliError stuck = catchThrowableOfType(CliError.class, () -> uninstall.carryOut(uninstall.plan(false), kube.progress()));

        assertThat(stuck.what()).isEqualTo("Namespace mesh-system is still there after 20s");
        assertThat(stuck.why()).contains("Some resources are remaining: pods", "example.org/guard");
    }

    @Test
    void what_the_control_plane_made_in_other_namespaces_goes_too_unless_a_proxy_needs_it() {
        kube.install("0.2.0");
        kube.server().objects().put("/apis/multicluster.x-k8s.io/v1alpha1/namespaces/shop/serviceimports/stock", "{'apiVersion':"
                + " 'multicluster.x-k8s.io/v1alpha1', 'kind': 'ServiceImport', 'metadata': {'name': 'stock', 'namespace': 'shop',"
                + " 'labels': {'app.kubernetes.io/managed-by': 'meshctl'}}}");
        String own = "/apis/multicluster.x-k8s.io/v1alpha1/namespaces/shop/serviceimports/own";
        kube.server().objects().put(own, "{'apiVersion': 'multicluster.x-k8s.io/v1alpha1', 'kind': 'ServiceImport',"
                + " 'metadata': {'name': 'own', 'namespace': 'shop'}}");
        bundleCopy("shop");
        bundleCopy("bank");
        String pod = "/api/v1/namespaces/bank/pods/app";
        kube.server().objects().put(pod, "{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'app', 'namespace': 'bank',"
                + " 'annotations': {'meshctl.dev/injected': '{}'}}}");

        Uninstall.Plan plan = uninstall.plan(false);
        uninstall.carryOut(plan, kube.progress());

        assertThat(plan.kept()).singleElement().satisfies(kept -> {
            assertThat(kept.what()).isEqualTo("ConfigMap bank/mesh-bundle");
            assertThat(kept.why()).isEqualTo("pods there have a proxy that mounts it");
        });
        assertThat(plan.notes()).singleElement().asString().contains("1 pod has a proxy");
        assertThat(kube.server().objects().paths()).containsExactly("/api/v1/namespaces/bank/configmaps/mesh-bundle", pod, own);
    }

    private void bundleCopy(String namespace) {
        kube.server().objects().put("/api/v1/namespaces/" + namespace + "/configmaps/mesh-bundle", "{'apiVersion': 'v1', 'kind': 'ConfigMap',"
                + " 'metadata': {'name': 'mesh-bundle', 'namespace': '" + namespace + "', 'labels': {'app.kubernetes.io/managed-by': 'meshctl'}}}");
    }

    private void userPolicy() {
        kube.server().objects().put("/api/v1/namespaces/shop", "{'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'shop'}}");
        kube.server().objects().put(policyPath(), "{'apiVersion': 'meshctl.dev/v1alpha1', 'kind': 'TrafficPolicy',"
                + " 'metadata': {'name': 'retries', 'namespace': 'shop'}}");
    }

    private static String policyPath() {
        return "/apis/meshctl.dev/v1alpha1/namespaces/shop/trafficpolicies/retries";
    }
}
