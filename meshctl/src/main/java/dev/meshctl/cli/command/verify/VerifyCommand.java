package dev.meshctl.cli.command.verify;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.ResultStyle;
import dev.meshctl.cli.command.install.InstallationChecks;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.verify.CheckResult;
import dev.meshctl.cli.verify.JUnitReport;
import dev.meshctl.cli.verify.VerifyReport;
import dev.meshctl.cli.verify.VerifyService;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Checks clusters and links, with live probes. */
@Command(name = "verify",
        description = "Check control planes, trust, proxies, gateways and links, with live calls.",
        footer = {"", "Exit codes: 0 all checks pass; 1 a check fails; 4 a check could not run, and none fails."})
public final class VerifyCommand extends MeshCommand {
    private static final int SHOWN_IDS = 4;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "10",
            description = "for each check (default: ${DEFAULT-VALUE})")
    int timeoutSeconds = 10;

    @Option(names = "--pre",
            description = "what stands against an installation, instead of how one that is there does (Kubernetes)")
    boolean pre;

    public VerifyCommand(Context context) {
        super(context);
    }

    @Override
    protected boolean supports(OutputFormat format) {
        return true;
    }

    @Override
    protected int run() throws InterruptedException {
        if (timeoutSeconds < 1 || timeoutSeconds > 600) {
            throw CliError.usage("--timeout must be 1 to 600 seconds");
        }
        List<Cluster> chosen = clusters.severalOrAll(context());
        if (chosen.isEmpty()) {
            throw CliError.usage("the fleet has no cluster to verify").next("meshctl cluster add west --local");
        }
        Console console = console();
        if (pre) {
            if (console.format() == OutputFormat.JUNIT) {
                throw CliError.usage("verify --pre has no output junit").next("-o json");
            }
            return new InstallationChecks(context(), console).run(chosen);
        }
        VerifyReport report = verify(console, chosen);
        print(console, report);
        return report.exitCode();
    }

    private VerifyReport verify(Console console, List<Cluster> chosen) throws InterruptedException {
        VerifyService service =
                new VerifyService(context().connections(), context().platform(), InstantSource.system());
        try (Progress progress = console.progress()) {
            Progress.Step step = progress.step("verify "
                    + String.join(", ", chosen.stream().map(Cluster::name).toList()));
            AtomicInteger done = new AtomicInteger();
            VerifyReport report = service.verify(context().fleet(), chosen, Duration.ofSeconds(timeoutSeconds),
                    result -> step.update(done.incrementAndGet() + " checks"));
            if (report.exitCode() == 0) {
                step.done(report.summary());
            } else {
                step.failed(report.summary());
            }
            return report;
        }
    }

    private static void print(Console console, VerifyReport report) {
        switch (console.format()) {
            case JSON, YAML -> console.data(report.toData());
            case JUNIT -> console.out(JUnitReport.write(report).stripTrailing());
            case TABLE, WIDE, NAME -> {
                console.print(table(), report.results(), "nothing was checked");
                hints(report).forEach((hint, ids) -> console.note(
                        console.paint(Style.DIM, "next: ") + hint + console.paint(Style.DIM, "  " + some(ids))));
            }
        }
    }

    /** Each next step once, with the checks that it is for. */
    private static Map<String, Set<String>> hints(VerifyReport report) {
        Map<String, Set<String>> hints = new LinkedHashMap<>();
        report.results().stream().filter(r -> !r.hint().isEmpty()).forEach(
                r -> hints.computeIfAbsent(r.hint(), hint -> new LinkedHashSet<>()).add(r.check().name()));
        return hints;
    }

    private static String some(Set<String> ids) {
        String first = ids.stream().limit(SHOWN_IDS).collect(Collectors.joining(", ", "(", ""));
        return first + (ids.size() > SHOWN_IDS ? " and " + (ids.size() - SHOWN_IDS) + " more)" : ")");
    }

    /** The results as a table. */
    public static Table<CheckResult> table() {
        return Table.of(VerifyCommand::name, CheckResult::toData)
                .column("ID", r -> r.check().name())
                .column("CLUSTER", CheckResult::subject)
                .column("CHECK", r -> r.check().title())
                .column("RESULT", r -> r.result().toString(), r -> ResultStyle.of(r.result()))
                .wide("SEVERITY", r -> r.check().severity().name().toLowerCase(java.util.Locale.ROOT))
                .wide("MS", r -> String.valueOf(r.duration().toMillis()))
                .column("EVIDENCE", CheckResult::evidence);
    }

    private static String name(CheckResult result) {
        return result.check() + "/" + result.cluster() + (result.peer().isEmpty() ? "" : "/" + result.peer());
    }
}
