package dev.meshctl.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavaArgumentsTest {
    @Test
    void theClassPathInTheImageIsAbsoluteAndInTheGivenOrder() {
        assertThat(new JavaArguments("", List.of("b.jar", "a.jar")).common())
                .endsWith("-cp", "/usr/lib/meshctl/lib/b.jar:/usr/lib/meshctl/lib/a.jar");
    }

    @Test
    void trainingAndImageDifferInPathsOnlySoThatTheClassDataFits() {
        List<String> here = new JavaArguments("/build/root", List.of("a.jar")).inImage();
        List<String> there = new JavaArguments("", List.of("a.jar")).inImage();

        assertThat(here.stream().map(argument -> argument.replace("/build/root", ""))).containsExactlyElementsOf(there);
        assertThat(there).contains("-XX:AOTCache=/usr/lib/meshctl/classes.aot");
    }

    @Test
    void aJvmTakesTheArgumentsFromTheirFile(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("java.args");
        Files.writeString(file, JavaArguments.file(new JavaArguments("/with \"quotes\" and \\", List.of("a.jar")).common()));

        String settings = java("@" + file, "-XshowSettings:properties", "-version");

        assertThat(settings).contains("java.library.path = /with \"quotes\" and \\/usr/lib/meshctl/native");
    }

    private static String java(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
