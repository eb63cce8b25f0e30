package dev.meshctl.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.meshctl.cli.testing.Home;
import dev.meshctl.cli.testing.cluster.RunningCluster;
import dev.meshctl.testing.Eventually;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A fleet of one cluster on Kubernetes, whose pods really run, and one on this machine. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MixedFleetIT {
    private static final Path KINDS_OF_OTHERS = Path.of("src/test/resources/cluster/kinds-of-others.yaml").toAbsolutePath();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    static Path directory;

    private static RunningCluster k1;
    private static ShopOnKubernetes shop;
    private static Home home;
    private static Process orders;
    private static URI ordersAddress;

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
        long start = System.nanoTime();
        Home.Said said = home.meshctl(command);
        System.out.println((System.nanoTime() - start) / 1_000_000 + " ms: " + String.join(" ", command) + " -> " + said.code());
        assertThat(said.code()).as(String.join(" ", command) + "\n" + said.out() + said.err()).isZero();
        return said;
    }

    /** What web of k1 gets, with the headers. */
    private static String fromWeb(String url) {
        return k1.exec("shop", "web-v1", "app", "curl", "-sS", "-i", "--max-time", "5", url);
    }

    /** What orders of l1 gets from payments of k1. */
    private static String fromOrders() throws Exception {
        return HTTP.send(HttpRequest.newBuilder(ordersAddress).timeout(Duration.ofSeconds(10)).build(),
                HttpResponse.BodyHandlers.ofString()).body();
    }

    @Test
    @Order(1)
    void one_install_brings_both_up() {
        done("install", "--cluster", "k1,l1", "--profile", "minimal", "--with-crds", KINDS_OF_OTHERS.toString(),
                "--set", "gateway.service.type=LoadBalancer", "--set", "gateway.advertise=[" + k1.loadBalancerAddress() + ":15443]",
                "--timeout", "90s", "--yes");

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
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            ordersAddress = URI.create("http://127.0.0.1:" + free.getLocalPort() + "/");
        }
        orders = home.start(directory.resolve("orders.log"), "run", "--cluster", "l1", "--service", "orders.shop",
                "--version", "v1", "--port", String.valueOf(ordersAddress.getPort()), "--",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("meshctl.dist") + "/*", "dev.meshctl.sample.SampleService", "--name", "orders",
                "--version", "v1", "--port", String.valueOf(ordersAddress.getPort()),
                "--call", "http://payments.shop.svc.clusterset.local/");

        try {
            Eventually.holds("web and payments are ready", () -> k1.hasReadyPod("shop", "web-v1") && k1.hasReadyPod("shop", "payments-v1"));
        } catch (AssertionError | InterruptedException e) {
            throw new AssertionError(k1.list("pods", "shop") + k1.logs() + k1.failedAdmissions(), e);
        }
        assertThat(k1.failedAdmissions()).isEmpty();
        String answer = fromWeb("http://payments/");
        assertThat(answer).as(k1.logs()).contains("200 OK", "\"version\":\"v1\"", "URI=spiffe://k1.mesh/ns/shop/sa/web");
    }

    @Test
    @Order(3)
    void two_linked_clusters_find_and_call_each_others_services() throws Exception {
        done("link", "k1", "l1", "--yes");
        done("export", "payments.shop", "--cluster", "k1", "--yes");
        done("export", "orders.shop", "--cluster", "l1", "--yes");

        Eventually.holds("orders is imported", () -> k1.find("serviceimports.multicluster.x-k8s.io", "shop", "orders").isPresent());
        Eventually.holds("web calls orders", () -> fromWeb("http://orders.shop.svc.clusterset.local/").contains("200 OK"));
        assertThat(fromWeb("http://orders.shop.svc.l1.mesh/")).contains("URI=spiffe://k1.mesh/ns/shop/sa/web");
        Eventually.holds("orders calls payments", () -> fromOrders().contains("\"status\":200"));
        assertThat(fromOrders()).contains("URI=spiffe://l1.mesh/ns/shop/sa/orders", "\"served_by\":\"k1/v1\"");
        System.out.println(done("services", "--cluster", "k1,l1").out());
        assertThat(k1.refused()).isEmpty();
    }
}
