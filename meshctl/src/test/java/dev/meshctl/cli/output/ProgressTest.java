package dev.meshctl.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.Environment;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private long nanos;

    @Test
    void in_a_log_a_step_that_waits_says_so_every_thirty_seconds() {
        Progress progress = progress();
        Progress.Step step = progress.step("a: trust bridge");
        for (int second = 0; second < 65; second++) {
            nanos += Duration.ofSeconds(1).toNanos();
            step.update("0 of 1 available; ImagePullBackOff");
        }
        step.done("1 of 1 available");

        assertThat(lines()).containsExactly(
                "… a: trust bridge  0 of 1 available; ImagePullBackOff  30.0 s",
                "… a: trust bridge  0 of 1 available; ImagePullBackOff  60.0 s",
                "✓ a: trust bridge  1 of 1 available  65.0 s");
    }

    @Test
    void a_step_that_has_ended_says_nothing_more() {
        Progress progress = progress();
        Progress.Step step = progress.step("a: ready");
        step.done("");
        nanos += Duration.ofMinutes(5).toNanos();
        step.update("still at it");

        assertThat(lines()).containsExactly("✓ a: ready  0.0 s");
    }

    private Progress progress() {
        PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
        return new Progress(new Console(new Environment(Map.of(), Path.of("."), new ByteArrayInputStream(new byte[0]), stream, stream,
                Environment.Terminals.NONE, 80), OutputFormat.TABLE), () -> nanos);
    }

    private List<String> lines() {
        return said.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
