package dev.meshctl.cli.demo;

import dev.meshctl.sample.LoadClient;
import dev.meshctl.sample.LoadReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** payments moves from v1 to v2 in three steps; its callers in the other cluster see each share. */
final class ShiftUnderGate implements DemoStep {
    private static final double RATE = 150;
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
        try (LoadClient load = world.load("west/web/v1", CallAcross.PAYMENTS, RATE)) {
            Shifts.Ended ended = Shifts.follow(world, world.east(),
                    Resources.shift("payments-v2", "payments", "v1", "v2", List.of(10, 50, 100), "2s", 99),
                    "payments-v2", load);
            LoadReport all = load.stop();
            DemoFailure.unless(ended.phase().equals("Succeeded"), "the shift ended " + ended.phase()
                    + ": " + ended.reason() + "; callers saw " + all.byVersion() + " " + all.byCause() + " " + all.firstFailures());
            DemoFailure.unless(all.failed() == 0, "requests failed: " + all.byCause() + " " + all.firstFailures());
            List<String> evidence = new ArrayList<>();
            evidence.add("succeeded; %d requests from west, 0 failed".formatted(all.requests()));
            for (int weight : List.of(10, 50, 100)) {
                evidence.add(share(ended, weight));
            }
            return evidence;
        }
    }

    private static String share(Shifts.Ended ended, int weight) throws DemoFailure {
        Shifts.Stage stage = ended.stages().stream().filter(s -> s.weight() == weight).findFirst()
                .orElseThrow(() -> new DemoFailure("no step at " + weight + " % was seen: " + ended.stages().stream()
                        .map(Shifts.Stage::weight).toList()));
        long count = stage.seen().succeeded();
        double seen = stage.seen().percentOf("v2");
        DemoFailure.unless(count >= 80, "too few to tell, " + count + " requests at " + weight + " %");
        double error = 100 * STANDARD_ERRORS * Math.sqrt(weight / 100.0 * (1 - weight / 100.0) / count) + SLACK;
        String text = String.format(Locale.ROOT, "at %d %%: west got %.1f %% from v2 (%d requests)", weight, seen, count);
        DemoFailure.unless(seen > 0, text + ", so the step changed nothing");
        DemoFailure.unless(Math.abs(seen - weight) <= error,
                text + String.format(Locale.ROOT, ", more than %.1f points off", error));
        return text;
    }
}
