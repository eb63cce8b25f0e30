package dev.meshctl.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.Main;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole demo as a user or a CI job runs it: a process of its own from the built distribution. */
class DemoTourIT {
    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void the_tour_passes_every_step_and_leaves_nothing_behind(@TempDir Path directory) throws Exception {
        Path out = directory.resolve("out.json");
        Path err = directory.resolve("err.txt");
        // Short, for the sockets in it; what a run that failed has left is in the way of no other.
        Path temporary = Files.createDirectory(Path.of(System.getProperty("java.io.tmpdir"),
                "mt" + Integer.toString(ThreadLocalRandom.current().nextInt(1 << 30), Character.MAX_RADIX)));
        ProcessBuilder builder = new ProcessBuilder(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-Djava.io.tmpdir=" + temporary, "-cp", classPath(), Main.class.getName(),
                "demo", "--once", "-o", "json"));
        builder.environment().putAll(Map.of("HOME", directory.toString(), "NO_COLOR", "1"));
        builder.environment().remove("MESHCTL_HOME");
        Process demo = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        try {
            assertThat(demo.waitFor(8, TimeUnit.MINUTES)).as("ends by itself").isTrue();
        } finally {
            demo.destroy();
        }
        String said = Files.readString(out) + Files.readString(err);
        assertThat(demo.exitValue()).as(said).isZero();
        JsonNode report = JsonMapper.shared().readTree(Files.readAllBytes(out));
        assertThat(report.path("result").asString("")).isEqualTo("pass");
        assertThat(report.path("steps").size()).isEqualTo(report.path("planned").asInt(0)).isGreaterThan(10);
        report.path("steps").forEach(step -> assertThat(step.path("evidence").size()).as(step.toString()).isPositive());
        assertNothingIsLeft(temporary);
        Files.delete(temporary);
    }

    private static void assertNothingIsLeft(Path temporary) throws Exception {
        try (Stream<Path> files = Files.list(temporary)) {
            assertThat(files.filter(file -> file.getFileName().toString().startsWith("meshctl-demo"))).isEmpty();
        }
        assertThat(ProcessHandle.allProcesses()
                .filter(process -> CommandLines.of(process).contains(temporary.toString()))
                .filter(process -> process.pid() != ProcessHandle.current().pid()))
                .isEmpty();
    }

    private static String classPath() {
        Path lib = Path.of(System.getProperty("meshctl.dist", "target/dist/lib"));
        return Files.isDirectory(lib) ? lib + File.separator + "*" : System.getProperty("java.class.path");
    }
}
