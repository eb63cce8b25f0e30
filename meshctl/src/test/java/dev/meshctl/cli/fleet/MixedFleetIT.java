package dev.meshctl.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.meshctl.cli.testing.Home;
import dev.meshctl.cli.testing.cluster.RunningCluster;
import dev.meshctl.testing.Eventually;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A fleet of one cluster on Kubernetes, whose pods really run, and one on this machine. */
@Timeout(value = 12, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MixedFleetIT {
    private static final Path KINDS_OF_OTHERS = Path.of("src/test/resources/cluster/kinds-of-others.yaml").toAbsolutePath();
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    static Path directory;

    private static RunningCluster k1;
    private static ShopOnKubernetes shop;
    private static Home home;
    private static Process orders;
    private static URI ordersAddress;
    private static List<String> before;

    @BeforeAll
    static void a_cluster_of_each_platform() throws Exception {
        Optional<String> impossible = RunningCluster.impossible();
        assumeTrue(impossible.isEmpty(), impossible.orElse(""));
        k1 = new RunningCluster(directory, Path.of(System.getProperty("meshctl.dist")));
        shop = new ShopOnKubernetes(k1);
        home = new Home(directory.resolve("home"));
        Path kubeconfig = k1.kubeconfig(directory.resolve("kubeconfig"), "k1-ctx");
        done("cluster", "add", "k1", "--context", "k1-ctx", "--kubeconfig", kubeconfig.toString());
        done("cluster", "add", "l1", "--local", "--gateway", k1.host() + ":15443");
    }

    @AfterAll
    static void down() throws Exception {
        if (k1 != null) {
            if (orders != null) {
                orders.destroy();
                orders.waitFor();
            }
            home.meshctl("uninstall", "--cluster", "l1", "--yes");
            k1.close();
        }
    }

    private static Home.Said done(String... command) {
        Home.Said said = home.meshctl(command);
        assertThat(said.code()).as(String.join(" ", command) + "\n" + said.out() + said.err()).isZero();
        return said;
    }

    /** What web of k1 gets, with the headers. */
    private static String fromWeb(String url) {
        return shop.call("web-v1", url);
    }

    /** Asks again and again until the answer has a text in it, and returns all of it. */
    private static String until(String part, Callable<String> call) throws InterruptedException {
        String[] last = {""};
        try {
            Eventually.holds(part, PATIENCE, () -> (last[0] = call.call()).contains(part));
            return last[0];
        } catch (AssertionError late) {
            throw new AssertionError(late.getMessage() + "; at last it got: " + last[0] + "\n" + k1.logs(), late);
        }
    }

    /** What orders of l1 gets from payments of k1. */
    private static String fromOrders() {
        return HTTP.sendAsync(HttpRequest.newBuilder(ordersAddress).timeout(Duration.ofSeconds(30)).build(),
                HttpResponse.BodyHandlers.ofString()).join().body();
    }

    @Test
    @Order(1)
    void one_install_brings_both_up() {
        before = k1.keys();

        done("install", "--cluster", "k1,l1", "--profile", "minimal", "--with-crds", KINDS_OF_OTHERS.toString(),
                "--set", "gateway.service.type=LoadBalancer", "--timeout", "5m", "--yes");

        assertThat(done("status", "--cluster", "k1,l1").out()).contains("k1: k1.mesh", "l1: l1.mesh");
        assertThat(k1.refused()).isEmpty();
        assertThat(k1.failedAdmissions()).isEmpty();
    }

    @Test
    @Order(2)
    void new_pods_get_a_proxy_by_the_webhook_and_are_ready() throws Exception {
        shop.namespace();
        shop.service("web");
        shop.service("payments");
        shop.deployment("web", "v1");
        shop.deployment("payments", "v1");
        ordersAddress = URI.create("http://127.0.0.1:" + freePort() + "/");
        orders = home.start(directory.resolve("orders.log"), "run", "--cluster", "l1", "--service", "orders.shop",
                "--version", "v1", "--port", String.valueOf(ordersAddress.getPort()), "--",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("meshctl.dist") + "/*", "dev.meshctl.sample.SampleService", "--name", "orders",
                "--version", "v1", "--port", String.valueOf(ordersAddress.getPort()),
                "--call", "http://payments.shop.svc.clusterset.local/");

        shop.ready("web-v1", "payments-v1");
        assertThat(k1.failedAdmissions()).isEmpty();
        // A pod is ready before all others have heard of it.
        assertThat(until("200 OK", () -> fromWeb("http://payments/"))).contains("\"version\":\"v1\"", "URI=spiffe://k1.mesh/ns/shop/sa/web");
    }

    // The application binds it a while later, so it is none of those that the system gives to whoever asks for any.
    private static int freePort() throws IOException {
        for (int port = 21_000 + (int) (ProcessHandle.current().pid() % 10_000); ; port++) {
            try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
                return free.getLocalPort();
            } catch (BindException taken) {
                assertThat(port).as("a free port").isLessThan(32_000);
            }
        }
    }

    @Test
    @Order(3)
    void two_linked_clusters_find_and_call_each_others_services() throws Exception {
        done("link", "k1", "l1", "--yes");
        done("export", "payments.shop", "--cluster", "k1", "--yes");
        done("export", "orders.shop", "--cluster", "l1", "--yes");

        Eventually.holds("orders is imported", () -> k1.find("serviceimports.multicluster.x-k8s.io", "shop", "orders").isPresent());
        until("200 OK", () -> fromWeb("http://orders.shop.svc.clusterset.local/"));
        assertThat(until("200 OK", () -> fromWeb("http://orders.shop.svc.l1.mesh/"))).contains("URI=spiffe://k1.mesh/ns/shop/sa/web");
        assertThat(until("\"status\":200", MixedFleetIT::fromOrders))
                .contains("URI=spiffe://l1.mesh/ns/shop/sa/orders", "\"served_by\":\"k1/v1\"");
        assertThat(until("l1\tpayments.shop\t80\tno\tk1\tv1 1/1", () -> done("services", "--cluster", "k1,l1").out()))
                .contains("k1\torders.shop\t80\tno\tl1\tv1 1/1");
        assertThat(k1.refused()).isEmpty();
    }

    @Test
    @Order(4)
    void verify_finds_nothing_wrong_in_either() throws Exception {
        Home.Said said = home.meshctl("verify", "--cluster", "k1,l1", "--timeout", "60");

        assertThat(said.code()).as(said.out() + said.err()).isZero();
        List<String> lines = said.out().lines().toList();
        assertThat(lines).filteredOn(line -> line.startsWith("MV05")).hasSize(4).allMatch(line -> line.contains("\tpass\t"))
                // Sidecars call sidecars, and the proxy of the other cluster through both gateways; so does that one.
                .anyMatch(line -> line.startsWith("MV0501\tk1\t") && line.contains("calls from shop/") && line.contains("spiffe://k1.mesh/"))
                .anyMatch(line -> line.startsWith("MV0502\tk1 -> l1\t") && line.contains("calls from shop/") && line.contains("spiffe://l1.mesh/"))
                .anyMatch(line -> line.startsWith("MV0502\tl1 -> k1\t") && line.contains("spiffe://k1.mesh/"));
        assertThat(lines).filteredOn(line -> line.contains("\tpass\t")).anyMatch(line -> line.startsWith("MV0404\tk1 -> l1"))
                .anyMatch(line -> line.startsWith("MV0404\tl1 -> k1"))
                .anyMatch(line -> line.startsWith("MV0405\tk1 -> l1")).anyMatch(line -> line.startsWith("MV0405\tl1 -> k1"));
        Eventually.holds("every process says its version", PATIENCE, () -> !done("status", "--cluster", "k1,l1").out().contains("unknown"));
    }

    @Test
    @Order(5)
    void a_policy_in_one_cluster_denies_a_caller_of_the_other() throws Exception {
        done("policy", "deny", "payments.shop", "--from", "sa:orders.shop@l1", "--name", "no-orders", "--cluster", "k1", "--yes");

        until("\"status\":403", MixedFleetIT::fromOrders);
        assertThat(fromWeb("http://payments/")).contains("200 OK");

        done("delete", "accesspolicy", "no-orders", "-n", "shop", "--cluster", "k1", "--yes");
        until("\"status\":200", MixedFleetIT::fromOrders);
    }

    @Test
    @Order(6)
    void a_shift_in_one_cluster_moves_callers_of_the_other() throws Exception {
        shop.deployment("payments", "v2");
        shop.ready("payments-v2");
        Eventually.holds("the control plane knows v2", () -> done("services", "--cluster", "k1").out().contains("v2 1/1"));
        done("traffic", "split", "payments.shop", "v1=100", "v2=0", "--cluster", "k1", "--yes");
        Eventually.holds("orders gets v1 only", () -> IntStream.range(0, 4).allMatch(i -> fromOrders().contains("k1/v1")));

        done("traffic", "shift", "payments.shop", "--from", "v1", "--to", "v2", "--steps", "50", "--bake", "1s",
                "--cluster", "k1", "--yes");

        Eventually.holds("orders gets v2 only", () -> IntStream.range(0, 4).allMatch(i -> fromOrders().contains("k1/v2")));
        until("\"version\":\"v2\"", () -> fromWeb("http://payments/"));
    }

    @Test
    @Order(7)
    void without_the_control_plane_calls_go_on() throws Exception {
        int before = k1.restarts("mesh-system", "control-plane");
        k1.kill("mesh-system", "control-plane", "control-plane");

        // It may be back before one call has ended.
        do {
            callsGoOn();
        } while (k1.restarts("mesh-system", "control-plane") == before || !k1.hasReadyPod("mesh-system", "control-plane"));
    }

    private static void callsGoOn() throws Exception {
        assertThat(fromWeb("http://payments/")).contains("200 OK");
        assertThat(fromWeb("http://orders.shop.svc.clusterset.local/")).contains("200 OK");
        assertThat(fromOrders()).contains("\"status\":200");
    }

    @Test
    @Order(8)
    void without_the_api_server_calls_go_on_and_status_says_it_is_away() throws Exception {
        k1.apiServerGoesAway();
        try {
            Home.Said status = home.meshctl("status", "--cluster", "k1,l1");
            assertThat(status.code()).isEqualTo(1);
            assertThat(status.err()).contains("k1: unreachable");
            assertThat(status.out()).contains("l1: l1.mesh");
            callsGoOn();
        } finally {
            k1.apiServerComesBack();
        }
        Eventually.holds("k1 is as before", PATIENCE, () -> home.meshctl("status", "--cluster", "k1").code() == 0);
        callsGoOn();
    }

    @Test
    @Order(9)
    void unlinked_they_forget_each_other() throws Exception {
        done("link", "remove", "l1", "--cluster", "k1", "--yes");

        Eventually.holds("orders is imported no more",
                () -> k1.find("serviceimports.multicluster.x-k8s.io", "shop", "orders").isEmpty());
        Eventually.holds("orders is not called any more",
                () -> fromWeb("http://orders.shop.svc.clusterset.local/").contains("Could not resolve host"));
        Eventually.holds("payments is not called any more", () -> !fromOrders().contains("\"status\":200"));
        Eventually.holds("l1 has no link any more", () -> !done("link", "list", "--cluster", "l1").out().contains("k1"));
        assertThat(k1.refused()).isEmpty();
    }

    @Test
    @Order(10)
    void purged_nothing_of_the_mesh_is_left_but_what_was_there_before_at_the_peer_neither() throws Exception {
        done("link", "k1", "l1", "--yes");
        done("uninstall", "--cluster", "k1", "--purge", "--yes");

        assertThat(done("link", "list", "--cluster", "l1").out()).doesNotContain("k1");
        done("uninstall", "--cluster", "l1", "--yes");

        // Definitions of others belong to the cluster; shop is its users'. Garbage is collected after its owner is gone.
        Eventually.holds("nothing of the mesh is left", () -> {
            assertThat(k1.keys()).filteredOn(key -> !before.contains(key) && !key.contains("/shop"))
                    .allMatch(key -> key.startsWith("customresourcedefinitions.") && !key.endsWith(".meshctl.dev")).hasSize(3);
            return true;
        });
        assertThat(k1.keys()).containsAll(before).noneMatch(key -> key.contains("mesh-bundle"))
                .contains("namespaces//shop", "services/shop/payments");
        assertThat(k1.hasReadyPod("shop", "payments-v2")).isTrue();
    }
}
