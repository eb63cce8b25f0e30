package dev.meshctl.cli.demo;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.top.LiveTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Runs the demo from nothing to nothing: a directory of its own, two clusters, the tour, the live table, and
 * the removal of it all, on Ctrl-C and on failure too.
 */
public final class Demo {
    private final Environment environment;
    private final Console console;
    private final boolean once;
    private final boolean keep;

    /**
     * A demo that has not begun.
     *
     * @param once ends after the tour
     * @param keep leaves clusters and files
     */
    public Demo(Environment environment, Console console, boolean once, boolean keep) {
        this.environment = environment;
        this.console = console;
        this.once = once;
        this.keep = keep;
    }

    /** Runs it and returns the exit code: 0 if every step passed, else 1. */
    public int run() throws InterruptedException {
        Path home;
        try {
            home = Files.createTempDirectory("meshctl-demo-");
            Files.createDirectories(home.resolve("logs"));
        } catch (IOException e) {
            throw CliError.failed("cannot make a directory for the demo").because(e.toString()).from(e);
        }
        Context context = Context.of(environment.with("MESHCTL_HOME", home.toString()));
        Progress silent = context.console(OutputFormat.NAME).progress();
        try (DemoEnding ending = new DemoEnding(new DemoWorld(context, home, silent), keep)) {
            TourReport report = tour(ending.world());
            if (!report.passed()) {
                told(ending.keepLogs());
                return ExitCode.FAILED;
            }
            if (!once && !console.format().isStructured()) {
                live(ending, context);
            }
            if (keep) {
                console.err("kept; use it with: export MESHCTL_HOME=" + home);
            }
            return ExitCode.OK;
        }
    }

    private TourReport tour(DemoWorld world) throws InterruptedException {
        TourReport report;
        try (Progress progress = console.progress()) {
            report = DemoTour.take(world, progress);
        }
        if (console.format().isStructured()) {
            console.data(report.toData());
        } else {
            console.out(String.format(Locale.ROOT, "%s  %d of %d steps in %.1f s",
                    report.passed() ? console.paint(Style.GOOD, "passed") : console.paint(Style.BAD, "failed"),
                    report.steps().stream().filter(StepOutcome::passed).count(), report.planned(),
                    report.elapsed().toMillis() / 1000.0));
        }
        return report;
    }

    private void told(Path logs) {
        console.err("the logs of all processes are in " + logs);
    }

    /** Background load and the table, until interrupted. */
    private void live(DemoEnding ending, Context context) throws InterruptedException {
        DemoWorld world = ending.world();
        try (DemoTraffic traffic = DemoTraffic.start(world)) {
            new LiveTable(context.connections(), List.of(world.west(), world.east()), console)
                    .showUntilInterrupted("meshctl demo: " + traffic.description() + "; Ctrl-C ends it", ending::hasBegun);
        } catch (DemoFailure e) {
            throw CliError.failed("the demo's traffic does not start").because(String.valueOf(e.getMessage())).from(e);
        }
    }
}
