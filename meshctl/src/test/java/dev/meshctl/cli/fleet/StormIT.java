package dev.meshctl.cli.fleet;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.meshctl.cli.testing.cluster.RunningCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two clusters are operated while requests to their API servers are lost, late, refused and overtaken, watches are cut and
 * fall silent, and daemons die. Afterwards both are what was asked for, soon. It is as long as {@code -Dstorm.seconds} says, and
 * is not run without; {@code -Dstorm.seed} chooses other weather.
 */
@EnabledIfSystemProperty(named = "storm.seconds", matches = "[0-9]+", disabledReason = "a storm takes minutes: -Dstorm.seconds=120")
@Timeout(value = 4, unit = TimeUnit.HOURS)
class StormIT {
    private static final long SEED = Long.getLong("storm.seed", 1);
    private static final Path LEFT = Path.of(System.getProperty("storm.left", "target/storm"));
    private static final Duration LENGTH = Duration.ofSeconds(Long.getLong("storm.seconds", 20));

    @TempDir
    Path directory;

    @Test
    void whatever_goes_wrong_meanwhile_both_clusters_become_what_was_asked_for() throws Exception {
        Optional<String> impossible = RunningCluster.impossible();
        assumeTrue(impossible.isEmpty(), impossible.orElse(""));
        SplittableRandom random = new SplittableRandom(SEED);
        try (StormFleet fleet = new StormFleet(directory, Path.of(System.getProperty("meshctl.dist")), SEED,
                LEFT.resolve(SEED + ".log"))) {
            StormOperations operations = new StormOperations(fleet, random.split());
            StormOperations disturbances = new StormOperations(fleet, random.split());
            StormCalm calm = new StormCalm(fleet, operations);
            operations.link();
            operations.export(true);
            calm.await();
            long end = System.nanoTime() + LENGTH.toNanos();
            for (int round = 1; System.nanoTime() < end; round++) {
                try {
                    storm(fleet, operations, disturbances, random, round);
                    calm.await();
                } catch (AssertionError | Exception e) {
                    fleet.faults(false, false);
                    Path left = LEFT.resolve(SEED + "-" + round);
                    fleet.leave(left, "seed " + SEED + ", round " + round + ": " + e);
                    throw new AssertionError("seed " + SEED + ", round " + round + ", see " + left + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private static void storm(StormFleet fleet, StormOperations operations, StormOperations disturbances, SplittableRandom random,
            int round) throws Exception {
        fleet.note("--- round " + round);
        fleet.traffic();
        fleet.faults(true, random.nextInt(3) == 0);
        SplittableRandom chance = random.split();
        try (ExecutorService beside = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> disturbing = beside.submit(() -> {
                int times = chance.nextInt(3);
                for (int i = 0; i < times; i++) {
                    Thread.sleep(chance.nextInt(4000));
                    disturbances.disturb();
                }
                return null;
            });
            try {
                int times = 1 + random.nextInt(3);
                for (int i = 0; i < times; i++) {
                    operations.any();
                }
            } finally {
                disturbing.get();
                fleet.faults(false, false);
            }
        }
    }
}
