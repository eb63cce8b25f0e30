package dev.meshctl.runtime.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs a daemon as a process of its own. */
class DaemonTest {
    /** For the start of a process on a busy machine. */
    private static final long DEADLINE_SECONDS = 120;

    @TempDir
    Path directory;

    private Process process;
    private Path data;

    /** The daemon under test: listens on {@code api} and writes a file when it is closed. */
    static final class Listener {
        public static void main(String[] args) {
            Daemon.run(args, config -> {
                ServerSocket socket = new ServerSocket();
                socket.bind(config.listenAddress("api"));
                return new Daemon.Running() {
                    @Override
                    public Map<String, String> listening() {
                        return Map.of("api", "127.0.0.1:" + socket.getLocalPort());
                    }

                    @Override
                    public void close() throws IOException {
                        Files.writeString(config.dataDir().resolve("closed"), "yes");
                        socket.close();
                    }
                };
            });
        }
    }

    @BeforeEach
    void prepare() {
        data = directory.resolve("listener");
    }

    @AfterEach
    void kill() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void a_daemon_says_where_it_listens_and_closes_its_component_on_sigterm() throws Exception {
        process = start("127.0.0.1:0");
        JsonNode ready = awaitReady();

        assertThat(ready.path("pid").asLong()).isEqualTo(process.pid());
        assertThat(ready.path("listen").path("api").asString()).matches("127\\.0\\.0\\.1:[1-9][0-9]*");
        assertThat(Files.readString(data.resolve("daemon.pid")).trim()).isEqualTo(String.valueOf(process.pid()));
        process.destroy();

        assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(data.resolve("closed")).hasContent("yes");
        assertThat(data.resolve("ready.json")).doesNotExist();
        assertThat(data.resolve("log/listener.log")).content().contains("listener is ready")
                .as("the last line").endsWith("INFO Daemon: listener has stopped\n");
    }

    @Test
    void a_killed_daemon_starts_again_from_its_directory() throws Exception {
        process = start("127.0.0.1:0");
        awaitReady();
        process.destroyForcibly().waitFor();
        assertThat(data.resolve("ready.json")).exists();

        process = start("127.0.0.1:0");

        assertThat(awaitReady().path("pid").asLong()).isEqualTo(process.pid());
    }

    @Test
    void a_port_in_use_ends_the_start_with_status_1_and_one_line_that_names_it() throws Exception {
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            process = start("127.0.0.1:" + taken.getLocalPort());

            assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(errors()).contains("listener cannot start", "in use").hasLineCount(1);
        assertThat(data.resolve("ready.json")).doesNotExist();
    }

    @Test
    void a_second_daemon_in_the_same_directory_is_refused() throws Exception {
        process = start("127.0.0.1:0");
        awaitReady();

        Process second = start("127.0.0.1:0");
        try {
            assertThat(second.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(second.exitValue()).isEqualTo(1);
            assertThat(errors()).contains("in use by a daemon that runs already");
            assertThat(data.resolve("ready.json")).exists();
        } finally {
            second.destroyForcibly();
        }
    }

    @Test
    void a_pod_serves_on_for_a_while_after_sigterm() throws Exception {
        process = start("127.0.0.1:0", Map.of("platform", "kubernetes", "drain-delay-seconds", "15"));
        int port = HostPort.parse(awaitReady().path("listen").path("api").asString()).port();

        process.destroy();
        Await.until("not ready", () -> !Files.exists(data.resolve("ready.json")));

        try (Socket late = new Socket(InetAddress.getLoopbackAddress(), port)) {
            assertThat(late.isConnected()).isTrue();
        }
        assertThat(data.resolve("closed")).doesNotExist();
    }

    @Test
    void a_pod_logs_to_standard_output_and_ends_after_its_drain() throws Exception {
        process = start("127.0.0.1:0", Map.of("platform", "kubernetes", "drain-delay-seconds", "1"));
        awaitReady();

        process.destroy();

        assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(data.resolve("closed")).hasContent("yes");
        assertThat(data.resolve("log")).doesNotExist();
        assertThat(Files.readString(directory.resolve("stdout")))
                .containsSubsequence("INFO Daemon: listener is ready", "INFO Daemon: listener ends in 1 s")
                .as("the last line").endsWith("INFO Daemon: listener has stopped\n");
    }

    @Test
    void a_drain_that_outlasts_the_pods_grace_is_refused() throws Exception {
        process = start("127.0.0.1:0", Map.of("platform", "kubernetes", "drain-delay-seconds", "60"));

        assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(errors()).contains("drain-delay-seconds", "0 to 15");
    }

    private Process start(String api) throws IOException {
        return start(api, Map.of());
    }

    private Process start(String api, Map<String, String> options) throws IOException {
        Path config = directory.resolve("config.json");
        new DaemonConfig("west", new TrustDomain("west.mesh"), "node", data, Map.of("api", api), null, null,
                directory.resolve("bundle.json"), directory.resolve("tokens"), options).write(config);
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp", classPath,
                        Listener.class.getName(), "--config", config.toString())
                .redirectError(directory.resolve("stderr").toFile())
                .redirectOutput(directory.resolve("stdout").toFile())
                .start();
    }

    /** The process's own ready.json; one that an earlier process left does not count. */
    private JsonNode awaitReady() throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (true) {
            Optional<byte[]> ready = DurableFile.read(data.resolve("ready.json"));
            if (ready.isPresent()) {
                JsonNode content = JsonMapper.builder().build().readTree(ready.get());
                if (content.path("pid").asLong() == process.pid()) {
                    return content;
                }
            }
            assertThat(process.waitFor(20, TimeUnit.MILLISECONDS)).as("ended: " + errors()).isFalse();
            assertThat(System.nanoTime()).as("ready in time").isLessThan(deadline);
        }
    }

    private String errors() throws IOException {
        Path stderr = directory.resolve("stderr");
        return Files.exists(stderr) ? Files.readString(stderr, StandardCharsets.UTF_8) : "";
    }
}
