package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.operate.Verdict;
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

    private VerifyVerdict() {}

    /**
     * Judges the mesh of a cluster.
     *
     * @param linksAway linked meshes that were not there before the change: what does not work with them is not its doing
     */
    static Verdict of(Context context, Cluster cluster, Set<String> linksAway) {
        try {
            VerifyReport report = judged(new VerifyService(context.connections(), context.platform(), InstantSource.system())
                    .verify(context.fleet(), List.of(cluster), PER_CHECK, result -> { }), linksAway);
            return switch (report.exitCode()) {
                case ExitCode.OK -> new Verdict.Passed(report.summary() + (linksAway.isEmpty() ? ""
                        : "; not looked at, since they were away before: " + String.join(", ", new TreeSet<>(linksAway))));
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

    /** Without what the change is not to answer for. Versions of links have been judged before it, and it was allowed. */
    static VerifyReport judged(VerifyReport report, Set<String> linksAway) {
        return new VerifyReport(report.startedAt(), report.elapsed(), report.results().stream()
                .filter(each -> each.check() != Check.MV0405 && !linksAway.contains(each.peer())).toList());
    }

    private static String told(VerifyReport report, Result result) {
        return report.summary() + "\n" + report.results().stream().filter(each -> each.result() == result).limit(MAX_TOLD)
                .map(VerifyVerdict::line).collect(Collectors.joining("\n"));
    }

    private static String line(CheckResult check) {
        return check.check().name() + " " + check.subject() + ": " + check.evidence();
    }
}
