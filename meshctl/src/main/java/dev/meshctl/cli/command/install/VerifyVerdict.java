package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.operate.Verdict;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.verify.Check;
import dev.meshctl.cli.verify.CheckResult;
import dev.meshctl.cli.verify.Result;
import dev.meshctl.cli.verify.VerifyReport;
import dev.meshctl.cli.verify.VerifyService;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The checks of {@code verify} as a verdict on an upgrade. */
final class VerifyVerdict {
    private static final Duration PER_CHECK = Duration.ofSeconds(20);
    private static final int MAX_TOLD = 8;

    private final Context context;
    private final Cluster cluster;
    private final Before before;

    /** @param before what did not work already, so that the upgrade is not to answer for it */
    VerifyVerdict(Context context, Cluster cluster, Before before) {
        this.context = context;
        this.cluster = cluster;
        this.before = before;
    }

    /** A check that failed; of a link, if the peer is not empty. */
    record Failing(Check check, String peer) {}

    /**
     * How the mesh was.
     *
     * @param linksAway linked meshes that were not there: nothing about them is looked at
     * @param failing what failed, and counts as a warning if it still does
     */
    record Before(Set<String> linksAway, Set<Failing> failing) {
        Before {
            linksAway = Set.copyOf(linksAway);
            failing = Set.copyOf(failing);
        }

        /** Looks at the mesh of a cluster as it is. What cannot be looked at does not count as failing. */
        static Before of(Context context, Cluster cluster, Set<String> linksAway, Progress lane) {
            Progress.Step step = lane.step(cluster.name() + ": verify before");
            try {
                VerifyReport report = new VerifyVerdict(context, cluster, new Before(linksAway, Set.of())).report();
                step.done(report.summary());
                List<CheckResult> failing = report.results().stream().filter(each -> each.result() == Result.FAIL).toList();
                failing.stream().limit(MAX_TOLD).forEach(each -> lane.line("  fails already: " + line(each)));
                return new Before(linksAway, failing.stream()
                        .map(each -> new Failing(each.check(), each.peer())).collect(Collectors.toSet()));
            } catch (CliError e) {
                step.failed("could not run: " + e.what());
                return new Before(linksAway, Set.of());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw CliError.failed("interrupted").exit(ExitCode.INTERRUPTED).from(e);
            }
        }

        private boolean failed(CheckResult result) {
            return failing.contains(new Failing(result.check(), result.peer()));
        }

        private String excused(VerifyReport report) {
            String away = linksAway.isEmpty() ? ""
                    : "; not looked at, since they were away before: " + String.join(", ", new TreeSet<>(linksAway));
            String still = report.results().stream().filter(each -> each.result() == Result.WARN && failed(each))
                    .map(each -> each.check().name()).distinct().collect(Collectors.joining(", "));
            return away + (still.isEmpty() ? "" : "; as before: " + still);
        }
    }

    /** Judges the mesh as it is now. */
    Verdict now() {
        try {
            VerifyReport report = report();
            return switch (report.exitCode()) {
                case ExitCode.OK -> new Verdict.Passed(report.summary() + before.excused(report));
                case ExitCode.FAILED -> new Verdict.Failed(told(report, Result.FAIL));
                default -> new Verdict.Unknown(told(report, Result.UNKNOWN));
            };
        } catch (CliError e) {
            return new Verdict.Unknown(e.what() + (e.why().isEmpty() ? "" : ": " + e.why()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Verdict.Unknown("it was interrupted");
        }
    }

    private VerifyReport report() throws InterruptedException {
        return judged(new VerifyService(context.connections(), context.platform(), InstantSource.system())
                .verify(context.fleet(), List.of(cluster), PER_CHECK, result -> { }), before);
    }

    /** Without what the change is not to answer for. Versions of links have been judged before it, and it was allowed. */
    static VerifyReport judged(VerifyReport report, Before before) {
        return new VerifyReport(report.startedAt(), report.elapsed(), report.results().stream()
                .filter(each -> each.check() != Check.MV0405 && !before.linksAway.contains(each.peer()))
                .map(each -> each.result() == Result.FAIL && before.failed(each) ? asBefore(each) : each).toList());
    }

    private static CheckResult asBefore(CheckResult failed) {
        return new CheckResult(failed.check(), failed.cluster(), failed.peer(), Result.WARN,
                "as before: " + failed.evidence(), failed.hint(), failed.duration());
    }

    private static String told(VerifyReport report, Result result) {
        return report.summary() + "\n" + report.results().stream().filter(each -> each.result() == result).limit(MAX_TOLD)
                .map(VerifyVerdict::line).collect(Collectors.joining("\n"));
    }

    private static String line(CheckResult check) {
        return check.check().name() + " " + check.subject() + ": " + check.evidence();
    }
}
