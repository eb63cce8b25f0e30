package dev.meshctl.cli.command.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.Main;
import dev.meshctl.cli.testing.FakeControlPlane;
import dev.meshctl.cli.testing.FakeServices;
import dev.meshctl.testing.Eventually;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code get --watch}, of a cluster whose control plane is in memory. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class GetWatchTest {
    private static final String TABLE = "CLUSTER\tNAMESPACE\tNAME\tSTATE\tAGE\n" + "west\tshop\torders\tValid\t-\n";
    private static final String PAYMENTS = "west\tshop\tpayments\tValid\t-\n";

    @TempDir
    Path home;

    private final FakeControlPlane controlPlane = new FakeControlPlane("Succeeded");
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private FakeServices services;

    @BeforeEach
    void start() {
        services = new FakeServices(environment(nowhere(), nowhere()), controlPlane);
        meshctl("cluster", "add", "west", "--local");
    }

    @AfterEach
    void stop() {
        services.close();
    }

    private static PrintStream stream(OutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static PrintStream nowhere() {
        return stream(OutputStream.nullOutputStream());
    }

    private Environment environment(PrintStream to, PrintStream errors) {
        return new Environment(Map.of("MESHCTL_HOME", home.toString(), "USER", "tester"), home,
                new ByteArrayInputStream(new byte[0]), to, errors, Environment.Terminals.NONE, 100);
    }

    private int meshctl(String... arguments) {
        return Main.run(arguments, new Context(environment(nowhere(), nowhere()), services));
    }

    private void export(String service, String labels) throws IOException {
        Files.writeString(home.resolve("input"), "{apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceExport,"
                + " metadata: {name: " + service + ", namespace: shop, labels: {" + labels + "}}}");
        assertThat(meshctl("apply", "-f", "input", "--yes")).isZero();
    }

    /** A command line that runs until its thread is interrupted, as Ctrl-C does it to a process. */
    private final class Running {
        private final CompletableFuture<Integer> code = new CompletableFuture<>();
        private final Thread thread;

        Running(PrintStream to, String... arguments) {
            thread = Thread.ofVirtual().start(() ->
                    code.complete(Main.run(arguments, new Context(environment(to, stream(err)), services))));
        }

        int code() throws Exception {
            return code.get(90, TimeUnit.SECONDS);
        }

        void endsByAnInterrupt() throws Exception {
            thread.interrupt();
            assertThat(code()).isEqualTo(ExitCode.INTERRUPTED);
        }
    }

    private void awaitOutput(String expected) throws Exception {
        Eventually.holds(expected, () -> out.toString(StandardCharsets.UTF_8).equals(expected));
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void the_table_is_followed_by_a_row_for_each_change_until_an_interrupt() throws Exception {
        export("orders", "");
        Running watch = new Running(stream(out), "get", "serviceexports", "-n", "shop", "--watch");
        awaitOutput(TABLE);

        export("payments", "");
        awaitOutput(TABLE + PAYMENTS);

        export("payments", "team: pay");
        awaitOutput(TABLE + PAYMENTS + PAYMENTS);

        meshctl("delete", "serviceexport", "payments", "-n", "shop", "--yes");
        awaitOutput(TABLE + PAYMENTS + PAYMENTS + PAYMENTS.replace("Valid", "Deleted"));

        watch.endsByAnInterrupt();
    }

    @Test
    void nothing_is_sent_again_while_nothing_changes() throws Exception {
        export("orders", "");
        Running watch = new Running(stream(out), "get", "serviceexports", "-w", "-o", "name");

        Eventually.holds("it is asked again and again", () -> controlPlane.unchanged() >= 2);

        awaitOutput("serviceexport/orders\n");
        watch.endsByAnInterrupt();
    }

    @Test
    void a_control_plane_that_is_away_for_a_while_is_told_once_and_what_changed_meanwhile_is_shown() throws Exception {
        export("orders", "");
        Running watch = new Running(stream(out), "get", "serviceexports", "-w");
        awaitOutput(TABLE);

        controlPlane.setAway(true);
        Eventually.holds("it is told", () -> err().equals("warning: cluster west: cannot read ServiceExport: "
                + "it does not answer (it is being replaced); it is asked again\n"));
        export("payments", "");
        Eventually.holds("it was away for two looks", () -> controlPlane.refused() >= 2);
        controlPlane.setAway(false);

        awaitOutput(TABLE + PAYMENTS);
        assertThat(err().lines()).hasSize(2).last().isEqualTo("cluster west answers again");
        watch.endsByAnInterrupt();
    }

    @Test
    void where_nothing_is_yet_the_header_comes_with_the_first_row() throws Exception {
        Running watch = new Running(stream(out), "get", "serviceexports", "-w", "-l", "team=pay");
        Eventually.holds("it is told", () -> err().equals("no serviceexports\n"));

        export("payments", "");
        export("orders", "team: pay");

        awaitOutput(TABLE);
        watch.endsByAnInterrupt();
    }

    @Test
    void data_is_a_document_for_each_resource_and_each_change() throws Exception {
        export("orders", "");
        Running watch = new Running(stream(out), "get", "serviceexports", "-w", "-o", "yaml");
        String orders = "---\napiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\nmetadata:\n  name: orders\n  namespace: shop\n";
        awaitOutput(orders);

        export("payments", "");

        awaitOutput(orders + orders.replace("orders", "payments"));
        watch.endsByAnInterrupt();
    }

    @Test
    void a_name_that_is_not_there_is_an_error_and_not_waited_for() throws Exception {
        Running watch = new Running(stream(out), "get", "serviceexport", "orders", "-w");

        assertThat(watch.code()).isEqualTo(ExitCode.FAILED);
        assertThat(err()).contains("there is no serviceexport \"orders\"");
        assertThat(out.size()).isZero();
    }

    @Test
    void it_ends_when_nobody_reads_any_more() throws Exception {
        export("orders", "");
        PrintStream closed = stream(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        });

        assertThat(new Running(closed, "get", "serviceexports", "-w").code()).isEqualTo(ExitCode.OK);
    }
}
