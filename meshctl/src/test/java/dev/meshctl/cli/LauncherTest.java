package dev.meshctl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/meshctl}, with a JDK that only says how it was called. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(180)
class LauncherTest {
    @TempDir
    Path directory;

    @BeforeEach
    void a_distribution_and_a_jdk() throws IOException {
        Files.createDirectories(directory.resolve("bin"));
        Files.copy(Path.of("../bin/meshctl"), directory.resolve("bin/meshctl"));
        Files.createDirectories(directory.resolve("lib"));
        Files.createFile(directory.resolve("lib/meshctl.jar"));
        jdk("25.0.1");
    }

    private void jdk(String version) throws IOException {
        Files.createDirectories(directory.resolve("jdk/bin"));
        Files.writeString(directory.resolve("jdk/release"), "JAVA_VERSION=\"" + version + "\"\n");
        Path java = directory.resolve("jdk/bin/java");
        Files.writeString(java, """
                #!/bin/sh
                echo "java $*"
                """);
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private ProcessBuilder launcher(String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(
                Stream.concat(Stream.of(directory.resolve("bin/meshctl").toString()), Stream.of(arguments)).toList());
        builder.redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        builder.environment().put("MESHCTL_JAVA", directory.resolve("jdk").toString());
        builder.environment().put("XDG_CACHE_HOME", cache().toString());
        return builder;
    }

    private Path cache() {
        return directory.resolve("cache");
    }

    private static String said(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void starts_where_there_is_no_home_directory() throws Exception {
        Process process = launcher("version").start();

        String said = said(process);

        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).startsWith("java ").endsWith("dev.meshctl.cli.Main version\n");
    }

    @Test
    void it_prepares_nothing_itself_and_says_where_what_the_daemons_need_belongs() throws Exception {
        Process process = launcher("install", "--cluster", "prod").start();

        assertThat(said(process)).hasLineCount(1).contains("-Dmeshctl.daemon.archive=" + cache().resolve("meshctl/daemon-"))
                .endsWith("dev.meshctl.cli.Main install --cluster prod\n");
    }
}
