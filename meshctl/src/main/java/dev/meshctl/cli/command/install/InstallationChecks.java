package dev.meshctl.cli.command.install;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ResultStyle;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.checkpoint.GivenValues;
import dev.meshctl.cli.install.kubernetes.operate.Prepared;
import dev.meshctl.cli.install.kubernetes.operate.TargetCluster;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.verify.Result;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What stands for or against an installation, asked for without one: the pre-checks of {@code install} with its settings of before. */
public final class InstallationChecks {
    private final Context context;
    private final Console console;

    public InstallationChecks(Context context, Console console) {
        this.context = context;
        this.console = console;
    }

    private record Row(String cluster, Finding finding) {
        Map<String, Object> toData() {
            Map<String, Object> data = new LinkedHashMap<>();
            data.put("cluster", cluster);
            data.put("check", finding.check());
            data.put("result", finding.result().toString());
            data.put("evidence", finding.text());
            data.put("next", finding.next());
            return data;
        }
    }

    /**
     * Looks at all of the clusters at the same time; changes nothing.
     *
     * @return the exit code: 0, 1 where a check fails, 4 where one could not run and none fails
     * @throws dev.meshctl.cli.CliError for clusters that do not answer, once the others are told
     */
    public int run(List<Cluster> clusters) throws InterruptedException {
        KubernetesWork work = new KubernetesWork(context, console, TargetCluster.PATIENCE);
        List<Cluster> onKubernetes = clusters.stream().filter(work::isKubernetes).toList();
        InstallIntents asBefore = new InstallIntents(
                new GivenValues("", List.of(), List.of()), Conflicts.REFUSE, List.of(), context.environment());
        EachCluster.Outcome<Prepared> looked = work.prepare(onKubernetes, asBefore);
        List<Row> rows = Stream.concat(
                clusters.stream().filter(cluster -> !work.isKubernetes(cluster)).map(InstallationChecks::needsNothing),
                looked.done().entrySet().stream().flatMap(each ->
                        each.getValue().findings().stream().map(finding -> new Row(each.getKey().name(), finding)))).toList();
        console.print(table(), rows, "nothing was checked");
        rows.stream().map(Row::finding).map(Finding::next).filter(next -> !next.isEmpty()).distinct()
                .forEach(next -> console.note(console.paint(Style.DIM, "next: ") + next));
        looked.throwFailure("verify");
        return exitCode(rows);
    }

    private static Row needsNothing(Cluster cluster) {
        return new Row(cluster.name(), new Finding("local", Result.SKIPPED, "a local cluster needs nothing beforehand", ""));
    }

    private static int exitCode(List<Row> rows) {
        if (rows.stream().anyMatch(row -> row.finding().result() == Result.FAIL)) {
            return ExitCode.FAILED;
        }
        return rows.stream().anyMatch(row -> row.finding().result() == Result.UNKNOWN) ? ExitCode.UNKNOWN : ExitCode.OK;
    }

    private static Table<Row> table() {
        return Table.of((Row row) -> row.finding().check() + "/" + row.cluster(), Row::toData)
                .column("CLUSTER", Row::cluster)
                .column("CHECK", row -> row.finding().check())
                .column("RESULT", row -> row.finding().result().toString(), row -> ResultStyle.of(row.finding().result()))
                .column("EVIDENCE", row -> row.finding().text());
    }
}
