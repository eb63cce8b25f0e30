package dev.meshctl.cli.demo;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.output.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The stops of the tour, in their order. */
final class DemoTour {
    private static final List<DemoStep> STEPS = List.of(
            new ClustersUp(),
            new MeshesLinked(),
            new CallInsideWest(),
            new CallAcross(),
            new UnexportedRefused(),
            new PolicyDenies(),
            new ShiftUnderGate(),
            new BadVersionReverted(),
            new CatalogFailsOver(),
            new ControlPlaneOutage(),
            new FleetVerified());

    private DemoTour() {}

    /** Takes the steps until one fails. */
    static TourReport take(DemoWorld world, Progress progress) throws InterruptedException {
        long began = System.nanoTime();
        List<StepOutcome> outcomes = new ArrayList<>();
        for (DemoStep step : STEPS) {
            StepOutcome outcome = take(step, world, progress);
            outcomes.add(outcome);
            if (!outcome.passed()) {
                break;
            }
        }
        return new TourReport(outcomes, STEPS.size(), Duration.ofNanos(System.nanoTime() - began));
    }

    private static StepOutcome take(DemoStep step, DemoWorld world, Progress progress) throws InterruptedException {
        long began = System.nanoTime();
        Progress.Step shown = progress.step(step.title());
        List<String> evidence = List.of();
        String failure = "";
        try {
            evidence = step.run(world);
            shown.done("");
        } catch (DemoFailure | CliError e) {
            failure = e.getMessage() == null ? e.toString() : e.getMessage();
            shown.failed("");
            progress.line("    " + failure);
        }
        evidence.forEach(line -> progress.line("    " + line));
        return new StepOutcome(
                step.name(), step.title(), evidence, failure, Duration.ofNanos(System.nanoTime() - began));
    }
}
