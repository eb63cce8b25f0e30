package dev.meshctl.cli.platform.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.Environment;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.output.Progress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shell scripts stand for the training, which LocalStartTest runs for real. */
@Timeout(180)
final class DaemonArchiveTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    private DaemonArchive archive(String script) {
        return new DaemonArchive(directory.resolve("daemon-1.jsa"), file -> List.of("/bin/sh", "-c", script, "sh", file.toString()));
    }

    private void prepare(DaemonArchive archive) {
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        try (Progress progress = new Console(new Environment(Map.of(), directory, System.in, out, out, Environment.Terminals.NONE, 80),
                OutputFormat.TABLE).progress()) {
            archive.prepare(progress);
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void it_is_made_once_and_nothing_else_is_left() throws Exception {
        prepare(archive("echo scratch > $(dirname $1)/scratch; echo made > $1"));
        prepare(archive("echo again > $1"));

        assertThat(directory.resolve("daemon-1.jsa")).hasContent("made");
        assertThat(files()).containsExactly("daemon-1.jsa");
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("fast start of daemons").hasLineCount(1);
    }

    @Test
    void where_it_is_impossible_the_reason_is_kept_and_it_is_not_tried_again() throws Exception {
        prepare(archive("echo no room for it; exit 1"));
        prepare(archive("echo made > $1"));

        assertThat(files()).containsExactly("daemon-1.jsa.log");
        assertThat(directory.resolve("daemon-1.jsa.log")).hasContent("no room for it");
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("not possible, see ", "daemon-1.jsa.log");
    }

    @Test
    void one_that_says_it_is_made_and_is_not_is_none() throws Exception {
        prepare(archive("true"));

        assertThat(files()).containsExactly("daemon-1.jsa.log");
    }

    @Test
    void what_an_interrupted_run_has_left_is_swept_and_tried_again() throws Exception {
        Path left = Files.createDirectories(directory.resolve("daemon-1.jsa.making-" + ended()));
        Files.writeString(left.resolve("archive"), "half");

        prepare(archive("echo made > $1"));

        assertThat(files()).containsExactly("daemon-1.jsa");
        assertThat(directory.resolve("daemon-1.jsa")).hasContent("made");
    }

    private static long ended() throws Exception {
        Process process = new ProcessBuilder("/bin/true").start();
        process.waitFor();
        return process.pid();
    }
}
