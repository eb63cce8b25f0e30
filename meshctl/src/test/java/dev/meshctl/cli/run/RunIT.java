package dev.meshctl.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.testing.Home;
import dev.meshctl.testing.Eventually;
import dev.meshctl.testing.MeshExtension;
import dev.meshctl.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code meshctl run} as a process of its own, in front of the real proxy of a cluster in this JVM. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class RunIT {
    @RegisterExtension
    static final MeshExtension mesh = MeshExtension.clusters("west");

    @TempDir
    static Path files;

    private static Home home;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        home = new Home(directory, mesh.cluster("west"));
    }

    /** A shell script as a workload; what is said goes to a file of its name. */
    private static Process run(String name, String script, String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("run", "--service", name + ".shop"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("--", "sh", "-c", script));
        return home.start(files.resolve(name), arguments.toArray(String[]::new));
    }

    private static String said(String name) throws IOException {
        return Files.readString(files.resolve(name));
    }

    private static void awaitFile(Path file) throws InterruptedException {
        Eventually.holds(file + " is written", () -> Files.exists(file) && Files.size(file) > 0);
    }

    @Test
    void an_upstream_is_called_at_its_own_address_also_by_clients_that_know_proxies() throws Exception {
        mesh.cluster("west").serve("payments.shop", "v1");
        // The first answer is that the service is not known yet if the control plane takes its time.
        Process process = run("web", "curl -s --retry 20 --retry-delay 1 http://$MESHCTL_UPSTREAM_PAYMENTS/; exit 7",
                "--upstream", "payments.shop:80");
        assertThat(process.waitFor()).as(said("web")).isEqualTo(7);
        assertThat(said("web")).contains("\"version\":\"v1\"", "URI=spiffe://west.mesh/ns/shop/sa/web");
    }

    @Test
    void sigterm_reaches_the_command_and_the_exit_code_is_the_commands_own() throws Exception {
        Path up = files.resolve("term-up");
        Process process = run("polite", "trap 'exit 42' TERM; echo up > " + up + "; while :; do sleep 0.1; done");
        awaitFile(up);

        process.destroy();

        assertThat(process.waitFor()).as(said("polite")).isEqualTo(42);
    }

    @Test
    void a_command_that_a_signal_ends_gives_128_and_its_number() throws Exception {
        Process process = run("killed", "kill -KILL $$");
        assertThat(process.waitFor()).as(said("killed")).isEqualTo(128 + 9);
    }

    @Test
    void a_command_that_ignores_sigterm_is_killed_after_its_grace() throws Exception {
        Path up = files.resolve("stubborn-up");
        Process process = run("stubborn", "trap '' TERM; echo up > " + up + "; while :; do sleep 0.1; done",
                "--kill-after", "300ms");
        awaitFile(up);

        process.destroy();

        assertThat(process.waitFor()).as(said("stubborn")).isEqualTo(128 + 9);
        assertThat(said("stubborn")).contains("has not ended", "it is killed");
    }

    @Test
    void when_the_proxy_comes_back_the_command_still_runs_and_has_its_old_addresses() throws Exception {
        mesh.cluster("west").serve("orders.shop", "v1");
        Path answers = files.resolve("answers");
        Process process = run("caller", "while :; do curl -s --max-time 5 http://$MESHCTL_UPSTREAM_ORDERS/ >> " + answers
                + "; sleep 0.1; done", "--upstream", "orders.shop:80");
        try {
            awaitFile(answers);
            mesh.cluster("west").stop(TestCluster.Part.PROXY);
            mesh.cluster("west").start(TestCluster.Part.PROXY);
            mesh.cluster("west").serve("orders.shop", "v2");

            Eventually.holds("the command reaches the mesh at the address it was given",
                    () -> Files.readString(answers).contains("\"version\":\"v2\""));
            assertThat(process.isAlive()).isTrue();
            Eventually.holds("it is told", () -> said("caller").contains("is hosted again"));
        } finally {
            process.destroy();
            process.waitFor();
        }
        assertThat(said("caller")).doesNotContain("restart the application");
    }
}
