package dev.meshctl.cli.command.bugreport;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.bugreport.BugReport;
import dev.meshctl.cli.bugreport.Gap;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.Progress;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bug-report}: one archive for who looks for the cause. */
@Command(name = "bug-report", description = {
    "Write one archive with versions, configuration, events, logs, status, checks and proxy state of clusters.",
    "Secrets are taken out; Secret objects are not read. Look into it before you give it away."},
        footer = {"", "Exit codes: 0 written; 4 written, but a cluster said nothing; 1 not written."})
public final class BugReportCommand extends MeshCommand {
    private static final int MAX_TOLD = 6;
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Option(names = {"-f", "--file"}, paramLabel = "FILE.zip", defaultValue = "",
            description = "where to (default: meshctl-bug-report-TIME.zip in this directory)")
    String file = "";

    public BugReportCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws InterruptedException {
        List<Cluster> chosen = clusters.severalOrAll(context());
        if (chosen.isEmpty()) {
            throw CliError.usage("the fleet has no cluster to report about").next("meshctl cluster add west --local");
        }
        Path target = context().environment().workingDirectory().resolve(file.isEmpty()
                ? "meshctl-bug-report-" + LocalDateTime.now(ZoneOffset.UTC).format(STAMP) + ".zip" : file).toAbsolutePath();
        Console console = console();
        BugReport.Outcome outcome;
        try (Progress progress = console.progress()) {
            outcome = new BugReport(context()).write(target, chosen, progress);
        }
        if (console.format().isStructured()) {
            console.data(outcome.toData());
        } else {
            tell(console, outcome);
        }
        return outcome.silent().isEmpty() ? ExitCode.OK : ExitCode.UNKNOWN;
    }

    private static void tell(Console console, BugReport.Outcome outcome) {
        console.out(outcome.file().toString());
        console.note("%d files, %d KiB; taken out: %s".formatted(outcome.files(), outcome.bytes() / 1024,
                outcome.redacted().isEmpty() ? "nothing" : outcome.redacted().entrySet().stream()
                        .map(each -> each.getValue() + " × " + each.getKey()).collect(Collectors.joining(", "))));
        outcome.gaps().stream().limit(MAX_TOLD).map(BugReportCommand::line).forEach(console::warn);
        if (outcome.gaps().size() > MAX_TOLD) {
            console.warn((outcome.gaps().size() - MAX_TOLD) + " more that are missing are in its summary.json");
        }
    }

    private static String line(Gap gap) {
        return gap.cluster() + ": no " + gap.what() + ": " + gap.why();
    }
}
