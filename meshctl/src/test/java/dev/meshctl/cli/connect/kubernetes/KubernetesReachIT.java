package dev.meshctl.cli.connect.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.testing.FakeApiServer;
import dev.meshctl.cli.testing.Home;
import dev.meshctl.cli.testing.KubernetesCluster;
import dev.meshctl.testing.Eventually;
import dev.meshctl.testing.MeshExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A fleet of one local cluster and one on Kubernetes: real control planes and trust bridges, one of them behind an
 * API server that forwards ports to it.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class KubernetesReachIT {
    private static final String TOKEN_REQUEST =
            "POST /api/v1/namespaces/mesh-system/serviceaccounts/meshctl-admin/token";

    @RegisterExtension
    static final MeshExtension mesh = MeshExtension.clusters("west", "east");

    @TempDir
    Path directory;

    private FakeApiServer api;
    private Home home;

    @BeforeEach
    void fleet() throws IOException {
        api = KubernetesCluster.around(mesh.cluster("west"));
        home = new Home(directory, mesh.cluster("east"));
        Path kubeconfig = KubernetesCluster.kubeconfig(directory.resolve("kubeconfig"), "west-ctx", api.url());
        assertThat(home.meshctl("cluster", "add", "west", "--context", "west-ctx", "--kubeconfig", kubeconfig.toString())
                .code()).isZero();
    }

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void one_command_works_on_local_and_kubernetes_clusters_alike() throws Exception {
        mesh.cluster("west").serve("payments.shop", "v1");

        Home.Said services = home.meshctl("services", "--cluster", "west,east");

        assertThat(services.err()).isEmpty();
        assertThat(services.out()).contains("west\tpayments.shop");
        assertThat(services.code()).isZero();
        assertThat(home.meshctl("trust", "status", "--cluster", "west").out()).contains("west.mesh");
        assertThat(home.meshctl("policy", "list", "--all-clusters").code()).isZero();
    }

    @Test
    void the_admin_identity_is_kept_private_and_used_again() throws IOException {
        home.meshctl("services", "--cluster", "west");
        home.meshctl("services", "--cluster", "west");

        assertThat(api.requests()).containsOnlyOnce(TOKEN_REQUEST);
        Path kept = directory.resolve("data/clusters/west/admin.pem");
        assertThat(Files.getPosixFilePermissions(kept)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void an_identity_that_is_not_of_this_mesh_is_asked_for_anew() throws IOException {
        Files.createDirectories(directory.resolve("data/clusters/west"));
        Files.copy(mesh.cluster("east").directory().resolve("admin.pem"), directory.resolve("data/clusters/west/admin.pem"));

        assertThat(home.meshctl("services", "--cluster", "west").code()).isZero();
        assertThat(api.requests()).containsOnlyOnce(TOKEN_REQUEST);
    }

    @Test
    void nothing_is_forwarded_any_more_when_the_command_has_ended() throws InterruptedException {
        assertThat(home.meshctl("services", "--cluster", "west").code()).isZero();

        assertThat(api.requests()).anyMatch(request -> request.endsWith("/control-plane-1/portforward"));
        Eventually.holds("no forward is open", () -> api.openForwards() == 0);
    }

    @Test
    void status_shows_pods_versions_and_what_the_control_plane_says() {
        Home.Said status = home.meshctl("status", "--cluster", "west");

        assertThat(status.out()).contains("west\tcontrol-plane/control-plane-1\tready");
        assertThat(status.code()).isZero();
        assertThat(home.meshctl("status", "--cluster", "west", "-o", "json").out())
                .contains("\"kubernetesVersion\" : \"v1.31.4\"").contains("\"meshVersion\" : \"1.2.3\"");
    }

    @Test
    void a_missing_right_to_make_tokens_names_the_right() {
        api.answer("POST", "/api/v1/namespaces/mesh-system/serviceaccounts/meshctl-admin/token", body ->
                FakeApiServer.refusal(403, "Forbidden", "serviceaccounts \"meshctl-admin\" is forbidden: User \"jane\" cannot"
                        + " create resource \"serviceaccounts/token\" in API group \"\" in the namespace \"mesh-system\""));

        Home.Said said = home.meshctl("services", "--cluster", "west");

        assertThat(said.code()).isEqualTo(1);
        assertThat(said.err()).contains("cannot get an admin identity")
                .contains("user \"jane\" may not create serviceaccounts/token in namespace mesh-system");
    }

    @Test
    void a_missing_right_to_forward_ports_names_the_right() {
        api.answer("GET", "/api/v1/namespaces/mesh-system/pods/trust-bridge-1/portforward", body ->
                FakeApiServer.refusal(403, "Forbidden", "pods \"trust-bridge-1\" is forbidden: User \"jane\" cannot create"
                        + " resource \"pods/portforward\" in API group \"\" in the namespace \"mesh-system\""));

        Home.Said said = home.meshctl("services", "--cluster", "west");

        assertThat(said.code()).isEqualTo(1);
        assertThat(said.err()).contains("may not create pods/portforward in namespace mesh-system");
    }

    @Test
    void a_control_plane_without_a_ready_pod_is_told_with_the_next_step() {
        api.answer("GET", "/api/v1/namespaces/mesh-system/pods", KubernetesCluster.pods(false));

        Home.Said said = home.meshctl("services", "--cluster", "west,east");

        assertThat(said.code()).isEqualTo(1);
        assertThat(said.err()).contains("cannot reach the control-plane").contains("none of its 1 pods is ready")
                .contains("meshctl status --cluster west").doesNotContain("cluster east");
    }

    @Test
    void an_impostor_behind_the_port_forward_gets_nothing() throws Exception {
        api.forward("control-plane-1", 15012, mesh.cluster("east").address("control-plane/api"));

        Home.Said said = home.meshctl("services", "--cluster", "west");

        assertThat(said.code()).isEqualTo(1);
        assertThat(said.err()).contains("cannot list the services").contains("control plane");
    }

    @Test
    void a_cluster_without_a_mesh_says_how_to_install_it() {
        try (FakeApiServer none = KubernetesCluster.empty()) {
            none.answer("GET", "/api/v1/namespaces/mesh-system/configmaps/mesh-bundle", body ->
                    FakeApiServer.refusal(404, "NotFound", "configmaps \"mesh-bundle\" not found"));
            Path kubeconfig = KubernetesCluster.kubeconfig(directory.resolve("none"), "none", none.url());
            home.meshctl("cluster", "add", "none", "--context", "none", "--kubeconfig", kubeconfig.toString());

            Home.Said said = home.meshctl("services", "--cluster", "none");

            assertThat(said.err()).contains("cluster none is not installed").contains("meshctl install --cluster none");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void what_only_local_clusters_have_says_so() {
        Home.Said said = home.meshctl("run", "--cluster", "west", "--service", "a.b", "--port", "80", "--", "true");

        assertThat(said.code()).as(said.err()).isEqualTo(2);
        assertThat(said.err()).contains("Kubernetes").contains("next:");
    }
}
