package dev.meshctl.cli.platform.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class DaemonKeeperTest {
    /** Backoff without luck: each wait is its ceiling. */
    private static final RandomGenerator LONGEST = new RandomGenerator() {
        @Override
        public long nextLong() {
            return 0;
        }

        @Override
        public long nextLong(long bound) {
            return bound - 1;
        }
    };

    @TempDir
    Path root;

    private final FakeDaemons daemons = new FakeDaemons();
    private final List<SupervisorState.Daemon> told = new ArrayList<>();
    private ClusterDirectory directory = new ClusterDirectory(Path.of(""));

    @BeforeEach
    void installed() throws IOException {
        directory = new ClusterDirectory(root);
        for (Component component : Component.values()) {
            Files.createDirectories(directory.of(component));
        }
        Files.createFile(directory.bundle());
    }

    private DaemonKeeper keeper(Component component, SupervisorState.Daemon known) {
        return new DaemonKeeper(component, directory, known, daemons, daemons, LONGEST, told::add);
    }

    /** Runs the keeper for this much of the daemons' time. */
    private void run(DaemonKeeper keeper, Duration length) {
        daemons.at(length, () -> stop(keeper));
        keeper.run();
    }

    private static void stop(DaemonKeeper keeper) {
        try {
            keeper.stop();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_daemon_that_ends_is_started_again_after_a_wait_that_doubles_up_to_ten_seconds() {
        daemons.eachLives(Duration.ofMillis(100));

        run(keeper(Component.MESH_PROXY, SupervisorState.Daemon.NONE), Duration.ofSeconds(40));

        assertThat(daemons.pauses().subList(0, 9)).containsExactly(
                Duration.ofMillis(200), Duration.ofMillis(400), Duration.ofMillis(800), Duration.ofMillis(1600),
                Duration.ofMillis(3200), Duration.ofMillis(6400), Duration.ofSeconds(10), Duration.ofSeconds(10),
                Duration.ofSeconds(10));
    }

    @Test
    void a_daemon_that_keeps_ending_soon_after_its_start_is_a_crash_loop_and_says_what_it_said() {
        daemons.eachLives(Duration.ofMillis(100));

        run(keeper(Component.MESH_PROXY, SupervisorState.Daemon.NONE), Duration.ofSeconds(5));

        SupervisorState.Daemon last = told.getLast();
        assertThat(last.isCrashLoop()).isTrue();
        assertThat(last.lastExit()).isEqualTo("exit code 1: address in use");
        assertThat(last.restarts()).isEqualTo(last.quickExits()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void a_daemon_that_had_settled_is_started_again_at_once_and_is_no_crash_loop() {
        daemons.eachLives(DaemonKeeper.SETTLED.plusSeconds(1));

        run(keeper(Component.MESH_PROXY, SupervisorState.Daemon.NONE), Duration.ofMinutes(3));

        assertThat(told.getLast().restarts()).isGreaterThanOrEqualTo(4);
        assertThat(told).noneMatch(SupervisorState.Daemon::isCrashLoop);
        assertThat(daemons.pauses()).containsOnly(Duration.ofMillis(200));
    }

    @Test
    void a_daemon_that_runs_already_is_adopted_and_not_started_twice() throws Exception {
        Daemons.Child earlier = daemons.start(Component.MESH_PROXY);
        DaemonKeeper keeper = keeper(
                Component.MESH_PROXY, new SupervisorState.Daemon(earlier.identity(), 2, 0, "exit code 1"));

        daemons.at(Duration.ofSeconds(5), () -> assertThat(daemons.alive()).hasSize(1));
        run(keeper, Duration.ofSeconds(10));

        assertThat(daemons.starts()).hasSize(1);
        assertThat(told).isEmpty();
        assertThat(earlier.isAlive()).as("the keeper has stopped it").isFalse();
    }

    @Test
    void an_adopted_daemon_that_ends_is_started_again_and_counted_on() throws Exception {
        Daemons.Child earlier = daemons.start(Component.MESH_PROXY);
        daemons.at(Duration.ofSeconds(2), () -> stopped(earlier));

        run(keeper(Component.MESH_PROXY, new SupervisorState.Daemon(earlier.identity(), 2, 0, "")), Duration.ofSeconds(10));

        assertThat(daemons.starts()).hasSize(2);
        assertThat(told.getLast().restarts()).isEqualTo(3);
        assertThat(told.getLast().process()).isNotEqualTo(OwnedProcess.NONE).isNotEqualTo(earlier.identity());
    }

    private static void stopped(Daemons.Child child) {
        try {
            child.stop(Duration.ZERO);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_held_daemon_is_stopped_and_stays_so_until_it_is_released() {
        daemons.at(Duration.ofSeconds(2), () -> create(directory.held(Component.MESH_PROXY)));
        daemons.at(Duration.ofSeconds(8), () -> {
            assertThat(daemons.alive()).isEmpty();
            assertThat(daemons.starts()).hasSize(1);
            delete(directory.held(Component.MESH_PROXY));
        });
        daemons.at(Duration.ofSeconds(10), () -> assertThat(daemons.alive()).hasSize(1));

        run(keeper(Component.MESH_PROXY, SupervisorState.Daemon.NONE), Duration.ofSeconds(12));

        assertThat(daemons.starts()).hasSize(2);
        assertThat(told).allMatch(daemon -> daemon.restarts() == 0);
    }

    @Test
    void all_but_the_trust_bridge_wait_for_the_bundle_that_it_makes() {
        delete(directory.bundle());
        daemons.at(Duration.ofSeconds(3), () -> {
            assertThat(daemons.starts()).isEmpty();
            create(directory.bundle());
        });

        run(keeper(Component.CONTROL_PLANE, SupervisorState.Daemon.NONE), Duration.ofSeconds(6));
        assertThat(daemons.starts()).containsExactly(Component.CONTROL_PLANE);

        delete(directory.bundle());
        run(keeper(Component.TRUST_BRIDGE, SupervisorState.Daemon.NONE), Duration.ofSeconds(12));
        assertThat(daemons.starts()).contains(Component.TRUST_BRIDGE);
    }

    @Test
    void a_program_that_cannot_be_started_is_named_and_tried_again() {
        daemons.refuseStarts("Cannot allocate memory");
        daemons.at(Duration.ofSeconds(3), () -> daemons.refuseStarts(""));
        daemons.at(Duration.ofSeconds(9), () -> assertThat(daemons.alive()).hasSize(1));

        run(keeper(Component.MESH_PROXY, SupervisorState.Daemon.NONE), Duration.ofSeconds(10));

        assertThat(told.getFirst().lastExit()).isEqualTo("cannot be started: Cannot allocate memory");
    }

    @Test
    void nothing_is_started_once_it_has_been_stopped() {
        DaemonKeeper keeper = keeper(Component.MESH_PROXY, SupervisorState.Daemon.NONE);
        stop(keeper);

        keeper.run();

        assertThat(daemons.starts()).isEmpty();
    }

    private static void create(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
