package dev.meshctl.cli.platform.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.testing.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SupervisorTest {
    @TempDir
    Path root;

    private final FakeDaemons daemons = new FakeDaemons();
    private ClusterDirectory directory = new ClusterDirectory(Path.of(""));

    @BeforeEach
    void installed() throws IOException {
        directory = new ClusterDirectory(root);
        Files.createDirectories(directory.supervisor());
        for (Component component : Component.values()) {
            Files.createDirectories(directory.of(component));
        }
        Files.createFile(directory.bundle());
    }

    /** A supervisor at work on threads of its own; its keepers wait on the fake clock, so they never idle long. */
    private final class AtWork {
        private final Supervisor supervisor;
        private final Thread thread;

        AtWork() throws IOException {
            supervisor = new Supervisor(directory, daemons, new SlowPace());
            TokenKeeper tokens = new TokenKeeper(
                    directory, TrustDomain.ofCluster("west"), (id, life) -> "token", InstantSource.system());
            thread = Thread.ofVirtual().start(() -> run(tokens));
        }

        private void run(TokenKeeper tokens) {
            try {
                supervisor.run(tokens);
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        void stop() throws InterruptedException {
            supervisor.stop();
            thread.join();
        }
    }

    /** Real pauses of at most a millisecond: keepers of a supervisor run on threads of their own. */
    private static final class SlowPace implements Daemons.Pace {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void pause(Duration length) throws InterruptedException {
            Thread.sleep(1);
        }
    }

    private SupervisorState state() throws IOException {
        return SupervisorState.read(directory.supervisorState());
    }

    private boolean knowsAll() throws IOException {
        return state().components().size() == Component.values().length;
    }

    @Test
    void every_daemon_is_started_remembered_on_disk_and_stopped_at_the_end() throws Exception {
        AtWork supervisor = new AtWork();
        Eventually.holds("all daemons are remembered", this::knowsAll);
        assertThat(daemons.starts()).containsExactlyInAnyOrder(Component.values());
        assertThat(state().supervisor().pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(daemons.alive()).hasSize(Component.values().length);

        supervisor.stop();

        assertThat(daemons.alive()).isEmpty();
    }

    @Test
    void a_half_written_state_file_counts_as_none() throws Exception {
        Files.writeString(directory.supervisorState(), "{\"supervisor\":{\"pid\":12,\"star");

        AtWork supervisor = new AtWork();
        Eventually.holds("all daemons are remembered", this::knowsAll);

        assertThat(daemons.alive()).hasSize(Component.values().length);
        supervisor.stop();
    }
}
