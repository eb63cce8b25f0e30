package dev.meshctl.component;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.daemon.DaemonConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The entry point of the image, as a process of its own. */
class ComponentTest {
    /** A pod has 30 s; a busy machine gets more. */
    private static final long DEADLINE_SECONDS = 120;

    @TempDir
    Path directory;

    private Process process;

    @AfterEach
    void kill() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void each_part_with_pods_of_its_own_is_a_component() {
        assertThat(Stream.of(Component.values()).map(Component::word)).contains(
                SystemIdentity.TRUST_BRIDGE.serviceAccount(), SystemIdentity.CONTROL_PLANE.serviceAccount(),
                SystemIdentity.FEDERATION_GATEWAY.serviceAccount(), SystemIdentity.PROXY.serviceAccount());
    }

    @Test
    void an_unknown_component_ends_with_status_2_and_the_names_there_are() throws Exception {
        process = start("trust-brigde", "--config", "x");

        assertThat(end()).isEqualTo(2);
        assertThat(errors()).contains("trust-brigde", "trust-bridge, control-plane, federation-gateway, mesh-proxy")
                .hasLineCount(1);
    }

    @Test
    void a_component_without_its_configuration_ends_with_status_2() throws Exception {
        process = start("control-plane");

        assertThat(end()).isEqualTo(2);
        assertThat(errors()).contains("--config FILE");
    }

    @Test
    void the_redirect_is_a_component_with_arguments_of_its_own() throws Exception {
        process = start("redirect", "--proxy-user=1337");

        assertThat(end()).isEqualTo(2);
        assertThat(errors()).contains("--proxy-user", "--proxy-uid");
    }

    @Test
    void a_component_runs_and_ends_on_sigterm() throws Exception {
        Path data = directory.resolve("trust-bridge");
        Path config = directory.resolve("config.json");
        new DaemonConfig("west", new TrustDomain("west.mesh"), "node", data,
                Map.of("signing", "127.0.0.1:0", "bundle", "127.0.0.1:0", "metrics", "127.0.0.1:0"), null, null,
                data.resolve("bundle.json"), directory, Map.of()).write(config);
        process = start("trust-bridge", "--config", config.toString());
        while (!Files.exists(data.resolve("ready.json"))) {
            assertThat(process.waitFor(50, TimeUnit.MILLISECONDS)).as("ended: " + errors()).isFalse();
        }

        process.destroy();

        // 128 and the number of SIGTERM.
        assertThat(end()).isEqualTo(143);
        assertThat(data.resolve("ready.json")).doesNotExist();
        assertThat(errors()).isEmpty();
    }

    private Process start(String... args) throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-cp", classPath, Component.class.getName()));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).redirectError(directory.resolve("stderr").toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }

    private int end() throws InterruptedException {
        assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).as("ends in time").isTrue();
        return process.exitValue();
    }

    private String errors() throws IOException {
        return Files.readString(directory.resolve("stderr"));
    }
}
