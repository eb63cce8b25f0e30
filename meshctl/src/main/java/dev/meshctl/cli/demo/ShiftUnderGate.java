package dev.meshctl.cli.demo;

import dev.meshctl.sample.LoadClient;
import dev.meshctl.sample.LoadReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * payments moves from v1 to v2 in three steps; its callers in the other cluster see each share. Where a step was over
 * before enough was seen of it, or before it had come to all callers, it is shown once more, more slowly.
 */
final class ShiftUnderGate implements DemoStep {
    private static final double RATE = 150;
    private static final List<Integer> STEPS = List.of(10, 50, 100);
    private static final Duration FIRST_BAKE = Duration.ofSeconds(2);
    /** Each with steps that last thrice as long as those before, for a machine that was too slow or too busy to tell. */
    private static final int ATTEMPTS = 3;
    /** Requests of a step; fewer do not tell one share from another. */
    private static final int ENOUGH = 80;
    /** Standard errors of a binomial share, as percentage points; more would be a wrong weight. */
    private static final double STANDARD_ERRORS = 4;
    /** Percentage points beside them: the weights take a moment to arrive in west. */
    private static final double SLACK = 2;

    @Override
    public String name() {
        return "shift";
    }

    @Override
    public String title() {
        return "payments shifts from v1 to v2 by 10, 50, 100 percent under a gate";
    }

    @Override
    public List<String> run(DemoWorld world) throws DemoFailure, InterruptedException {
        Duration bake = FIRST_BAKE;
        for (int attempt = 1; ; attempt++) {
            Shown shown = shift(world, attempt == 1 ? "payments-v2" : "payments-v2-" + attempt, bake);
            try {
                return evidence(shown);
            } catch (DemoFailure notSeen) {
                if (attempt == ATTEMPTS) {
                    throw notSeen;
                }
            }
            back(world);
            bake = bake.multipliedBy(3);
        }
    }

    /** @param requests of the whole shift, of which none failed */
    private record Shown(Shifts.Ended ended, long requests) {}

    private static Shown shift(DemoWorld world, String name, Duration bake) throws DemoFailure, InterruptedException {
        try (LoadClient load = world.load("west/web/v1", CallAcross.PAYMENTS, RATE)) {
            Shifts.Ended ended = Shifts.follow(world, world.east(),
                    Resources.shift(name, "payments", "v1", "v2", STEPS, bake, 99), name, bake, load);
            LoadReport all = load.stop();
            DemoFailure.unless(ended.phase().equals("Succeeded"), "the shift ended " + ended.phase()
                    + ": " + ended.reason() + "; callers saw " + all.byVersion() + " " + all.byCause() + " " + all.firstFailures());
            DemoFailure.unless(all.failed() == 0, "requests failed: " + all.byCause() + " " + all.firstFailures());
            return new Shown(ended, all.requests());
        }
    }

    private static void back(DemoWorld world) throws DemoFailure, InterruptedException {
        world.apply(world.east(), List.of(Resources.route("payments", Map.of("v1", 100))));
        try (LoadClient load = world.load("west/web/v1", CallAcross.PAYMENTS, RATE)) {
            LoadReport[] from = {load.report()};
            Await.that("payments is served by v1 only again", DemoWorld.SOON, () -> {
                LoadReport spell = load.report().since(from[0]);
                if (spell.byVersion().containsKey("v2")) {
                    from[0] = load.report();
                }
                return spell.byVersion().keySet().equals(Set.of("v1")) && spell.succeeded() >= ENOUGH;
            });
        }
    }

    private static List<String> evidence(Shown shown) throws DemoFailure {
        List<String> evidence = new ArrayList<>();
        evidence.add("succeeded; %d requests from west, 0 failed".formatted(shown.requests()));
        for (int weight : STEPS) {
            evidence.add(share(shown.ended(), weight));
        }
        return evidence;
    }

    private static String share(Shifts.Ended ended, int weight) throws DemoFailure {
        Shifts.Stage stage = ended.stages().stream().filter(s -> s.weight() == weight).findFirst()
                .orElseThrow(() -> new DemoFailure("no step at " + weight + " % was seen: " + ended.stages().stream()
                        .map(Shifts.Stage::weight).toList()));
        long count = stage.seen().succeeded();
        double seen = stage.seen().percentOf("v2");
        DemoFailure.unless(count >= ENOUGH, "too few to tell, " + count + " requests at " + weight + " %");
        double error = 100 * STANDARD_ERRORS * Math.sqrt(weight / 100.0 * (1 - weight / 100.0) / count) + SLACK;
        String text = String.format(Locale.ROOT, "at %d %%: west got %.1f %% from v2 (%d requests)", weight, seen, count);
        DemoFailure.unless(seen > 0, text + ", so the step changed nothing");
        DemoFailure.unless(Math.abs(seen - weight) <= error,
                text + String.format(Locale.ROOT, ", more than %.1f points off", error));
        return text;
    }
}
