package dev.meshctl.cli.demo;

import dev.meshctl.sample.LoadClient;
import dev.meshctl.sample.LoadReport;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** payments v3 answers errors; the gate of its shift takes it back. */
final class BadVersionReverted implements DemoStep {
    private static final double RATE = 80;
    private static final Duration BAKE = Duration.ofSeconds(2);
    private static final int CLEAN_REQUESTS = 100;

    @Override
    public String name() {
        return "revert";
    }

    @Override
    public String title() {
        return "a bad payments v3 is reverted by its gate";
    }

    @Override
    public List<String> run(DemoWorld world) throws DemoFailure, InterruptedException {
        world.start(new SampleProcess(world.east(), "payments", "v3", List.of("--error-rate", "0.7")));
        try (LoadClient load = world.load("west/web/v1", CallAcross.PAYMENTS, RATE)) {
            Shifts.Ended ended = Shifts.follow(world, world.east(),
                    Resources.shift("payments-v3", "payments", "v2", "v3", List.of(25, 100), BAKE, 95),
                    "payments-v3", BAKE, load);
            LoadReport during = load.report();
            DemoFailure.unless(ended.phase().equals("Reverted"),
                    "the shift ended " + ended.phase() + " instead of Reverted: " + ended.reason());
            DemoFailure.unless(during.failed() > 0, "no caller saw an error of v3, so nothing was shown");
            DemoFailure.unless(ended.stages().stream().allMatch(stage -> stage.weight() <= 25),
                    "v3 got more than its first step");
            LoadReport after = cleanSpell(load);
            return List.of(
                    "reverted: " + ended.reason(),
                    String.format(Locale.ROOT, "west saw %d errors in %d requests while v3 had 25 %%",
                            during.failed(), during.requests()),
                    "since then %d requests, 0 failed, all from v2".formatted(after.requests()));
        }
    }

    /** Waits until many requests in a row are good and none of them came from v3. */
    private static LoadReport cleanSpell(LoadClient load) throws DemoFailure, InterruptedException {
        LoadReport[] from = {load.report()};
        return Await.until("requests are clean again", DemoWorld.SOON, () -> {
            LoadReport spell = load.report().since(from[0]);
            if (spell.failed() > 0 || spell.byVersion().containsKey("v3")) {
                from[0] = load.report();
                return java.util.Optional.empty();
            }
            return spell.requests() >= CLEAN_REQUESTS ? java.util.Optional.of(spell) : java.util.Optional.empty();
        });
    }
}
