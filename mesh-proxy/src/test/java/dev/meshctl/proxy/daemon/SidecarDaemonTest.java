package dev.meshctl.proxy.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process of a sidecar. */
final class SidecarDaemonTest {
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

    /** It does not come to listening, since its ports are the same in every pod. */
    private void startWithABrokenBundle(String logLevel) throws IOException {
        Path bundle = Files.writeString(directory.resolve("bundle"), "nothing");
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-cp", classPath, MeshProxyDaemon.class.getName());
        // What the JVM would say of them is no line of the daemon's.
        builder.environment().keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"));
        builder.environment().putAll(Map.ofEntries(
                Map.entry("MESHCTL_CLUSTER", "west"),
                Map.entry("MESHCTL_TRUST_DOMAIN", "west.mesh"),
                Map.entry("MESHCTL_CONTROL_PLANE", "127.0.0.1:1"),
                Map.entry("MESHCTL_TRUST_BRIDGE", "127.0.0.1:1"),
                Map.entry("MESHCTL_TOKEN_FILE", directory.resolve("token").toString()),
                Map.entry("MESHCTL_TRUST_BUNDLE_FILE", bundle.toString()),
                Map.entry("MESHCTL_STATE_DIR", directory.resolve("state").toString()),
                Map.entry("MESHCTL_LOG_LEVEL", logLevel),
                Map.entry("MESHCTL_POD_NAME", "orders-1"),
                Map.entry("MESHCTL_POD_NAMESPACE", "shop"),
                Map.entry("MESHCTL_SERVICE_ACCOUNT", "orders"),
                Map.entry("MESHCTL_POD_IPS", "127.0.0.1")));
        process = builder.redirectOutput(directory.resolve("stdout").toFile())
                .redirectError(directory.resolve("stderr").toFile()).start();
    }

    private String endedWith(int status) throws Exception {
        assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(status);
        assertThat(Files.readString(directory.resolve("stderr"))).hasLineCount(1).contains("mesh-proxy cannot start", "cannot be used");
        return Files.readString(directory.resolve("stdout"));
    }

    @Test
    void it_logs_to_standard_output_one_line_for_each_record_stack_included() throws Exception {
        startWithABrokenBundle("debug");

        assertThat(endedWith(1).lines()).isNotEmpty()
                .allSatisfy(line -> assertThat(line).matches("\\d{4}-\\d\\d-\\d\\dT\\S+Z [A-Z]+ \\w+: .*"))
                .anySatisfy(line -> assertThat(line).contains("FINE SidecarDaemon: the sidecar cannot start | ", "ConfigException", "at "));
    }

    @Test
    void it_logs_no_more_than_its_level_says() throws Exception {
        startWithABrokenBundle("info");

        assertThat(endedWith(1)).doesNotContain("FINE");
    }
}
