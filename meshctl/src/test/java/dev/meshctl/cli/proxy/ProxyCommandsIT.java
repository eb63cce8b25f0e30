package dev.meshctl.cli.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.testing.ClosedPort;
import dev.meshctl.cli.testing.FakeApiServer;
import dev.meshctl.cli.testing.Home;
import dev.meshctl.cli.testing.KubernetesCluster;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.testing.Eventually;
import dev.meshctl.testing.MeshExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same proxy, asked as that of a local cluster and, through an API server, as the sidecar of a pod whose identity it
 * has.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ProxyCommandsIT {
    private static final String PODS = "/api/v1/namespaces/meshctl-system/pods";

    @RegisterExtension
    static final MeshExtension mesh = MeshExtension.clusters("west");

    @TempDir
    Path directory;

    private FakeApiServer api;
    private Home here;
    private Home home;

    @BeforeEach
    void fleet() throws IOException, InterruptedException {
        HostPort admin = mesh.cluster("west").address("mesh-proxy/admin");
        api = KubernetesCluster.around(mesh.cluster("west"))
                .answer("GET", PODS, KubernetesCluster.list("PodList", pod("payments-1", "payments", true),
                        pod("payments-2", "payments", true), pod("legacy-1", "legacy", false)))
                .answer("GET", "/api/v1/pods", KubernetesCluster.list("PodList", pod("payments-1", "payments", true)))
                .answer("GET", "/api/v1/namespaces/meshctl-system/services", KubernetesCluster.list("ServiceList",
                        "{\"metadata\": {\"name\": \"payments\", \"namespace\": \"meshctl-system\"},"
                                + "\"spec\": {\"selector\": {\"app\": \"payments\"}}}"))
                .answer("GET", PODS + "/payments-1/log", "one\ntwo\n")
                .forward("meshctl-system", "payments-1", 15000, admin)
                .forward("meshctl-system", "payments-2", 15000, admin);
        here = new Home(Files.createDirectory(directory.resolve("here")), mesh.cluster("west"));
        home = new Home(Files.createDirectory(directory.resolve("there")));
        Path kubeconfig = KubernetesCluster.kubeconfig(directory.resolve("kubeconfig"), "ctx", api.url());
        assertThat(home.meshctl("cluster", "add", "prod", "--context", "ctx", "--kubeconfig", kubeconfig.toString(),
                "--trust-domain", "west.mesh").code()).isZero();
        Eventually.holds("the proxy has what its control plane wants", () ->
                here.meshctl("proxy", "config", "--cluster", "west").out().contains("in sync"));
    }

    @AfterEach
    void close() {
        api.close();
    }

    private static String pod(String name, String app, boolean proxied) {
        return """
                {"metadata": {"name": "%s", "namespace": "meshctl-system", "labels": {"app": "%s"}},
                 "spec": {"serviceAccountName": "mesh-proxy", "containers": [{"name": "app"}]%s}}""".formatted(
                name, app, proxied ? ", \"initContainers\": [{\"name\": \"meshctl-proxy\"}]" : "");
    }

    @Test
    void the_configuration_is_the_same_whichever_way_the_proxy_is_reached() {
        Home.Said local = here.meshctl("proxy", "config", "--cluster", "west");
        Home.Said pod = home.meshctl("proxy", "config", "meshctl-system/payments-1", "--cluster", "prod");

        assertThat(pod.err()).isEmpty();
        assertThat(pod.out()).isEqualTo(local.out()).contains("in sync");
        assertThat(home.meshctl("proxy", "config", "payments-1.meshctl-system", "--cluster", "prod", "-o", "json").out())
                .contains("\"proxy\" : \"meshctl-system/payments-1\"").contains("\"state\" : \"in sync\"").doesNotContain("PRIVATE");
    }

    @Test
    void a_service_means_each_of_its_proxies() {
        Home.Said stats = home.meshctl("proxy", "stats", "meshctl-system/payments", "--cluster", "prod", "--filter", "config_connected");

        assertThat(stats.err()).isEmpty();
        assertThat(stats.out().lines().toList()).containsExactly("PROXY\tMETRIC\tVALUE\tOF",
                "meshctl-system/payments-1\tmeshctl_config_connected\t1\t-",
                "meshctl-system/payments-2\tmeshctl_config_connected\t1\t-");
    }

    @Test
    void one_of_several_that_does_not_answer_hides_nothing_of_the_others() throws IOException {
        try (ClosedPort closed = new ClosedPort()) {
            api.forward("meshctl-system", "payments-2", 15000, closed.address());

            Home.Said stats = home.meshctl("proxy", "stats", "meshctl-system/payments", "--cluster", "prod", "--filter", "connected");

            assertThat(stats.code()).isEqualTo(1);
            assertThat(stats.out()).contains("meshctl-system/payments-1");
            assertThat(stats.err()).contains("cannot read the counters of meshctl-system/payments-2")
                    .contains("cluster prod, proxy meshctl-system/payments-2");
        }
    }

    @Test
    void the_log_of_a_pod_comes_from_the_api_server() {
        assertThat(home.meshctl("proxy", "log", "payments-1", "--cluster", "prod").out()).isEqualTo("one\ntwo\n");
        assertThat(home.meshctl("proxy", "log", "payments-1", "-f", "--cluster", "prod").out()).isEqualTo("one\ntwo\n");
    }

    @Test
    void the_level_of_a_log_is_changed_for_a_while() {
        Home.Said debug = here.meshctl("proxy", "log", "--level", "debug", "--for", "1m", "--cluster", "west");

        assertThat(debug.out()).matches("mesh-proxy: debug until \\S+Z\n");
        assertThat(home.meshctl("proxy", "log", "payments-1", "--level", "reset", "--cluster", "prod").out())
                .isEqualTo("meshctl-system/payments-1: as it was started\n");
        assertThat(here.meshctl("proxy", "log", "--level", "loud", "--cluster", "west").code()).isEqualTo(2);
    }

    @Test
    void a_pod_without_a_proxy_is_told_from_one_that_does_not_exist() {
        Home.Said without = home.meshctl("proxy", "config", "meshctl-system/legacy-1", "--cluster", "prod");
        Home.Said none = home.meshctl("proxy", "config", "meshctl-system/paiments", "--cluster", "prod");
        Home.Said several = home.meshctl("proxy", "config", "meshctl-system/payments-", "--cluster", "prod");

        assertThat(without.err()).contains("pod meshctl-system/legacy-1 has no proxy").contains("meshctl.dev/inject=enabled");
        assertThat(none.err()).contains("there is no pod or service \"meshctl-system/paiments\"")
                .contains("nearest: meshctl-system/payments-1, meshctl-system/payments-2");
        assertThat(several.err()).contains("is the beginning of 2 names");
        assertThat(home.meshctl("proxy", "config", "--cluster", "prod").code()).isEqualTo(2);
    }

    @Test
    void a_missing_right_is_named_with_its_verb_and_resource() {
        api.answer("GET", PODS, asked -> FakeApiServer.refusal(403, "Forbidden", "pods is forbidden: User \"jane\" cannot list"
                + " resource \"pods\" in API group \"\" in the namespace \"meshctl-system\""));
        api.answer("GET", PODS + "/payments-1/portforward", asked -> FakeApiServer.refusal(403, "Forbidden", "no"));
        api.answer("GET", PODS + "/payments-1/log", asked -> FakeApiServer.refusal(403, "Forbidden", "pods \"payments-1\" is"
                + " forbidden: User \"jane\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"meshctl-system\""));

        assertThat(home.meshctl("proxy", "stats", "meshctl-system/payments-1", "--cluster", "prod").err())
                .contains("user \"jane\" may not list pods in namespace meshctl-system");
        assertThat(home.meshctl("proxy", "stats", "payments-1", "--cluster", "prod").err())
                .contains("you may not create pods/portforward in namespace meshctl-system");
        for (String follow : new String[] {"--tail=1", "-f"}) {
            assertThat(home.meshctl("proxy", "log", "payments-1", follow, "--cluster", "prod").err())
                    .contains("user \"jane\" may not get pods/log in namespace meshctl-system");
        }
    }
}
