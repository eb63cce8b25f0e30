package dev.meshctl.cli.platform.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnedProcessTest {
    @TempDir
    Path directory;

    @Test
    void stops_what_it_started() throws Exception {
        Process process = sleeper();
        OwnedProcess owned = OwnedProcess.of(process.toHandle(), "600");

        assertThat(owned.isAlive()).isTrue();
        assertThat(owned.stop(Duration.ofSeconds(10))).isTrue();
        assertThat(process.isAlive()).isFalse();
    }

    @Test
    void never_stops_a_stranger_who_got_the_pid() throws Exception {
        Process stranger = sleeper();
        try {
            long start = stranger.toHandle().info().startInstant().orElseThrow().toEpochMilli();
            OwnedProcess otherMark = new OwnedProcess(stranger.pid(), start, "--config");
            OwnedProcess otherStart = new OwnedProcess(stranger.pid(), start - 60_000, "600");

            for (OwnedProcess owned : List.of(otherMark, otherStart)) {
                assertThat(owned.isAlive()).isFalse();
                assertThat(owned.stop(Duration.ofSeconds(1))).isTrue();
            }
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly().waitFor();
        }
    }

    @Test
    void the_supervisor_remembers_over_its_own_death() throws IOException {
        Path file = directory.resolve("state.json");
        SupervisorState state = new SupervisorState(new OwnedProcess(7, 70, "dir"), Map.of())
                .with(Component.MESH_PROXY, new SupervisorState.Daemon(new OwnedProcess(8, 80, "config"), 3, 2, "exit code 1"));

        state.write(file);

        assertThat(SupervisorState.read(file)).isEqualTo(state);
    }

    private static Process sleeper() throws IOException {
        return new ProcessBuilder("sleep", "600").start();
    }
}
