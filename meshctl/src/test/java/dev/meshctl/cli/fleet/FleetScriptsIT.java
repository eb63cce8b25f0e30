package dev.meshctl.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.meshctl.cli.testing.Home;
import dev.meshctl.cli.testing.Script;
import dev.meshctl.cli.testing.cluster.RunningCluster;
import dev.meshctl.sample.LoadClient;
import dev.meshctl.testing.Eventually;
import dev.meshctl.testing.MeshExtension;
import dev.meshctl.testing.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * The {@link Script}s of the command line on a fleet of both platforms: west is on Kubernetes, east is local. In both run
 * payments.shop, two of v1 and one of v2, and somebody who calls it.
 */
@Timeout(value = 12, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FleetScriptsIT {
    private static final Path SCRIPTS = Path.of("src/test/resources/scripts").toAbsolutePath();
    private static final Path DEFINITIONS = Path.of("src/test/resources/cluster").toAbsolutePath();
    private static final List<String> KINDS = List.of("accesspolicy", "serviceexport", "trafficshift", "httproute", "grpcroute",
            "tlsroute", "tcproute");
    private static final double CALLS_PER_SECOND = 60;

    @RegisterExtension
    static final MeshExtension local = MeshExtension.clusters("east");

    @TempDir
    static Path directory;

    private static RunningCluster west;
    private static RunningCluster empty;
    private static ShopOnKubernetes shop;
    private static Home home;
    private static volatile boolean broken;

    @BeforeAll
    static void a_cluster_of_each_platform() throws Exception {
        Optional<String> impossible = RunningCluster.impossible();
        assumeTrue(impossible.isEmpty(), impossible.orElse(""));
        Path jars = Path.of(System.getProperty("meshctl.dist"));
        west = new RunningCluster(Files.createDirectory(directory.resolve("west")), jars);
        empty = new RunningCluster(Files.createDirectory(directory.resolve("empty")), jars);
        home = new Home(Files.createDirectory(directory.resolve("home")), local.cluster("east"));
        kubeconfig(directory.resolve("home"));
        done("cluster", "add", "west", "--context", "good", "--kubeconfig", "kubeconfig");
        done("install", "--cluster", "west", "--profile", "minimal", "--timeout", "5m", "--yes",
                "--with-crds", DEFINITIONS.resolve("kinds-of-others.yaml").toString(),
                "--with-crds", DEFINITIONS.resolve("more-kinds-of-others.yaml").toString());
        Path mesh = Files.writeString(directory.resolve("mesh.yaml"), "apiVersion: meshctl.dev/v1alpha1\nkind: Mesh\n"
                + "metadata: {name: default}\nspec: {telemetryWindow: 1s}\n");
        done("apply", "-f", mesh.toString(), "--cluster", "west", "--yes");
        onKubernetes();
        onThisMachine();
    }

    private static void kubeconfig(Path at) throws Exception {
        Files.writeString(at.resolve("kubeconfig"), RunningCluster.kubeconfig(Map.of("good", west, "empty", empty)));
    }

    private static void onKubernetes() throws Exception {
        shop = new ShopOnKubernetes(west);
        shop.namespace();
        shop.service("payments");
        shop.account("web");
        shop.deployment("payments", "v1", 2);
        shop.deployment("payments", "v2");
        shop.deployment("web", "v1");
        shop.ready("payments-v1", "payments-v2", "web-v1");
        Eventually.holds("all are known", () -> done("services", "--cluster", "west").out().matches("(?s).*v1 2/2.*v2 1/1.*"));
    }

    private static void onThisMachine() throws Exception {
        TestCluster east = local.cluster("east");
        east.serve("payments.shop", "v1");
        east.serve("payments.shop", "v1");
        east.serve("payments.shop", "v2", exchange -> exchange.sendResponseHeaders(broken ? 500 : 200, -1));
    }

    @AfterAll
    static void down() throws Exception {
        for (RunningCluster cluster : new RunningCluster[] {west, empty}) {
            if (cluster != null) {
                cluster.close();
            }
        }
    }

    private static Home.Said done(String... command) {
        Home.Said said = home.meshctl(command);
        assertThat(said.code()).as(String.join(" ", command) + "\n" + said.out() + said.err()).isZero();
        return said;
    }

    @AfterEach
    void nothing_is_left_for_the_next() throws Exception {
        for (String cluster : List.of("west", "east")) {
            for (String kind : KINDS) {
                JsonMapper.shared().readTree(done("get", kind, "--cluster", cluster, "-o", "json").out()).path("items").forEach(object ->
                        done("delete", kind, object.path("metadata").path("name").asString(""), "--cluster", cluster, "--yes",
                                "-n", object.path("metadata").path("namespace").asString("")));
            }
        }
        assertThat(west.refused()).isEmpty();
    }

    @Order(1)
    @ParameterizedTest
    @ValueSource(strings = {"fleet", "proxy", "usage"})
    void a_fleet_that_begins_empty(String script) throws Exception {
        Path fresh = Files.createDirectory(directory.resolve(script));
        kubeconfig(fresh);
        Script.read(SCRIPTS.resolve(script + ".txt"), "mixed").run(fresh, new Home(fresh)::meshctl);
    }

    @Order(2)
    @ParameterizedTest
    @ValueSource(strings = {"services", "resources", "policy"})
    void either_cluster_is_worked_on_in_the_same_words(String script) throws Exception {
        Path file = SCRIPTS.resolve(script + ".txt");
        Script.read(file, "mixed").run(directory.resolve("home"), home::meshctl);
        Script.read(file, "mixed", "west", "east").run(directory.resolve("home"), home::meshctl);
    }

    @Order(3)
    @Test
    void traffic_is_shifted_in_either() throws Exception {
        shift("traffic.txt");
    }

    @Order(4)
    @Test
    void a_version_that_fails_is_taken_back_in_either() throws Exception {
        broken = true;
        west.delete("deployments.apps", "shop", "payments-v2");
        Eventually.holds("v2 is gone", () -> !west.hasPod("shop", "payments-v2"));
        Eventually.holds("it is known to be gone", () -> !done("services", "--cluster", "west").out().contains("v2 1/1"));
        shop.deployment("payments", "v2", 1, "--error-rate", "1");
        shop.ready("payments-v2");
        Eventually.holds("v2 is known again", () -> done("services", "--cluster", "west").out().contains("v2 1/1"));
        for (String cluster : List.of("west", "east")) {
            done("traffic", "split", "payments.shop", "v1=100", "v2=0", "--cluster", cluster, "--yes");
        }
        shift("traffic-reverted.txt");
    }

    private static void shift(String script) throws Exception {
        Process calls = west.start("shop", "web-v1", "app", "curl", "-s", "--rate", (int) CALLS_PER_SECOND + "/s",
                "http://payments/?[1-100000]");
        try (var web = local.cluster("east").client("web.shop");
                LoadClient load = web.load("http://payments.shop/", CALLS_PER_SECOND)) {
            Script.read(SCRIPTS.resolve(script), "mixed").run(directory.resolve("home"), home::meshctl);
            Script.read(SCRIPTS.resolve(script), "mixed", "west", "east").run(directory.resolve("home"), home::meshctl);
        } finally {
            calls.destroy();
            calls.waitFor();
        }
    }
}
