package dev.meshctl.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.platform.Platform.ComponentProcess;
import dev.meshctl.sample.HttpAnswer;
import dev.meshctl.sample.LoadClient;
import dev.meshctl.sample.LoadReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two linked clusters of real daemons, which are killed with {@code kill -9}. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ResilienceIT {
    private static final Duration LIMIT = Duration.ofSeconds(120);

    @TempDir
    static Path home;

    private static DemoWorld world;

    @BeforeAll
    static void up() throws Exception {
        Files.createDirectories(home.resolve("logs"));
        Context context = Context.of(Environment.ofProcess().with("MESHCTL_HOME", home.toString()));
        world = new DemoWorld(context, home, context.console(OutputFormat.NAME).progress());
        new ClustersUp().run(world);
        new MeshesLinked().run(world);
    }

    @AfterAll
    static void down() {
        world.close();
    }

    @ParameterizedTest
    @Order(1)
    @ValueSource(strings = {"control-plane", "trust-bridge", "federation-gateway"})
    void killing_a_daemon_fails_no_request_inside_its_cluster_and_it_comes_back(String component) throws Exception {
        try (LoadClient load = world.load("west/web/v1", "http://orders.shop/", 60)) {
            Await.that("requests flow", LIMIT, () -> load.report().succeeded() > 30);
            ComponentProcess before = component(world.west(), component);
            kill(before);
            Await.that(component + " is back with another pid", LIMIT, () -> {
                ComponentProcess now = component(world.west(), component);
                return now.ready() && now.pid() != before.pid();
            });
            LoadReport atReturn = load.report();
            Await.that("requests still flow", LIMIT, () -> load.report().since(atReturn).succeeded() > 30);
            LoadReport report = load.stop();
            assertThat(report.failed()).as(report.byCause() + " " + report.firstFailures()).isZero();
        }
        Await.that("calls across work again", LIMIT,
                () -> world.get("west/web/v1", CallAcross.PAYMENTS).status() == 200);
    }

    @Test
    @Order(2)
    void losing_the_whole_other_cluster_leaves_what_is_here_and_fails_the_rest_fast_and_with_a_reason()
            throws Exception {
        Await.that("calls across work", LIMIT, () -> world.get("west/web/v1", CallAcross.PAYMENTS).status() == 200);
        ProcessHandle supervisor = ProcessHandle.of(component(world.east(), "control-plane").pid())
                .flatMap(ProcessHandle::parent).orElseThrow();
        assertThat(CommandLines.of(supervisor)).contains("Supervisor");
        supervisor.destroyForcibly();
        supervisor.onExit().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        for (ComponentProcess each : world.context().platform().processes(world.east()).components()) {
            kill(each);
        }
        try (LoadClient load =
                world.load("west/web/v1", "http://catalog.shop.svc.clusterset.local/", 50)) {
            Await.that("catalog is served from west", LIMIT,
                    () -> load.report().byCluster().getOrDefault("west", 0L) > 100);
            LoadReport report = load.stop();
            assertThat(report.failed()).as(report.byCause() + " " + report.firstFailures()).isZero();
        }
        HttpAnswer payments = world.get("west/web/v1", CallAcross.PAYMENTS);
        assertThat(payments.status()).isEqualTo(503);
        assertThat(payments.header("x-meshctl-error")).isNotEmpty();
        assertThat(payments.body()).isNotBlank();
    }

    private static ComponentProcess component(Cluster cluster, String name) {
        return world.context().platform().processes(cluster).components().stream()
                .filter(each -> each.name().equals(name)).findFirst().orElseThrow();
    }

    private static void kill(ComponentProcess process) throws Exception {
        ProcessHandle handle = ProcessHandle.of(process.pid()).orElseThrow();
        handle.destroyForcibly();
        handle.onExit().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
}
