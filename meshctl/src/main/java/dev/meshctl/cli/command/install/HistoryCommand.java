package dev.meshctl.cli.command.install;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.checkpoint.Deployed;
import dev.meshctl.cli.install.kubernetes.operate.Installer;
import dev.meshctl.cli.install.kubernetes.operate.TargetCluster;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code history}: what was applied when, and by whom. */
@Command(name = "history", description = "List what was applied to clusters on Kubernetes, when and by whom; the last is the newest.")
public final class HistoryCommand extends MeshCommand {
    private record Row(String cluster, Checkpoint checkpoint) {}

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    HistoryCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        List<Cluster> chosen = KubernetesOnly.require(context(), clusters.several(context()), "history");
        KubernetesWork work = new KubernetesWork(context(), console(), TargetCluster.PATIENCE);
        PerCluster<Row> answers = PerCluster.ask(chosen, cluster -> work.in(cluster, place -> new Installer(place).history()
                .stream().map(checkpoint -> new Row(cluster.name(), checkpoint)).toList()));
        console().print(table(), answers.rows(), "nothing was applied yet");
        return answers.end(console());
    }

    private static Table<Row> table() {
        return Table.<Row>of(row -> row.cluster() + "/" + row.checkpoint().number(), HistoryCommand::data)
                .column("CLUSTER", Row::cluster)
                .column("NUMBER", row -> String.valueOf(row.checkpoint().number()))
                .column("STATE", row -> row.checkpoint().state().word(), row -> style(row.checkpoint()))
                .column("VERSION", row -> row.checkpoint().version())
                .column("WHEN", row -> row.checkpoint().when().toString())
                .column("WHO", row -> row.checkpoint().who())
                .column("WHAT", row -> row.checkpoint().what())
                .wide("REVISIONS", row -> String.join(" ", row.checkpoint().release().revisions().stream()
                        .map(HistoryCommand::inWords).toList()));
    }

    private static String inWords(Deployed revision) {
        return revision.revision() + "=" + revision.version() + (revision.promoted() ? " (promoted)" : "");
    }

    private static Style style(Checkpoint checkpoint) {
        return switch (checkpoint.state()) {
            case APPLIED -> Style.GOOD;
            case APPLYING, REVERTED -> Style.WARN;
            case FAILED -> Style.BAD;
        };
    }

    private static Map<String, Object> data(Row row) {
        Checkpoint checkpoint = row.checkpoint();
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("cluster", row.cluster());
        data.put("number", checkpoint.number());
        data.put("state", checkpoint.state().word());
        data.put("version", checkpoint.version());
        data.put("when", checkpoint.when().toString());
        data.put("who", checkpoint.who());
        data.put("what", checkpoint.what());
        data.put("revisions", checkpoint.release().revisions().stream().map(each -> Map.of("name", each.revision(),
                "version", each.version(), "promoted", each.promoted())).toList());
        return data;
    }
}
