package dev.meshctl.cli.command.traffic;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.traffic.Shifts;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code traffic status}: shifts, or the journal of one. */
@Command(name = "status", description = {
    "Show the shifts of a cluster, or the journal of one.", "With --follow it ends as traffic shift does."
})
final class TrafficStatusCommand extends MeshCommand {
    private static final Duration FOLLOW = Duration.ofDays(8);

    private record Row(String cluster, Shifts.Seen shift) {}

    @Parameters(paramLabel = "SERVICE", arity = "0..1", description = "NAME.NAMESPACE")
    @Nullable String service;

    @Option(names = {"-f", "--follow"}, description = "go on until the shift is over")
    boolean follow;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    TrafficStatusCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws Exception {
        if (service == null) {
            return list();
        }
        ServiceName name = namespace.service(service);
        ControlPlane plane = new ControlPlane(context().connections(), clusters.one(context()));
        Shifts shifts = new Shifts(plane);
        ShiftFollower follower = new ShiftFollower(console(), shifts);
        if (follow) {
            return follower.follow(name, FOLLOW, "meshctl traffic status " + name + " --follow");
        }
        Shifts.Seen seen = shifts.require(name);
        console().print(table(), List.of(new Row(plane.cluster().name(), seen)), "");
        if (!console().format().isStructured()) {
            seen.journal().forEach(entry -> console().note(follower.line(entry)));
        }
        return ExitCode.OK;
    }

    private int list() {
        PerCluster<Row> answers = PerCluster.ask(clusters.several(context()), cluster ->
                new Shifts(new ControlPlane(context().connections(), cluster)).list(namespace.orAll()).stream()
                        .map(shift -> new Row(cluster.name(), shift)).toList());
        console().print(table(), answers.rows(), "no shifts");
        return answers.end(console());
    }

    private static Table<Row> table() {
        return Table.<Row>of(row -> row.shift().service().toString(), TrafficStatusCommand::data)
                .column("CLUSTER", Row::cluster)
                .column("SERVICE", row -> row.shift().service().toString())
                .column("FROM", row -> row.shift().from())
                .column("TO", row -> row.shift().to())
                .column("PHASE", row -> row.shift().phase(), row -> switch (row.shift().phase()) {
                    case "Succeeded", "Progressing" -> Style.GOOD;
                    case "Reverted", "Failed" -> Style.BAD;
                    default -> Style.WARN;
                })
                .column("WEIGHT", row -> row.shift().weight() + "%")
                .column("STEP", row -> row.shift().step())
                .column("REASON", row -> row.shift().reason());
    }

    private static Map<String, Object> data(Row row) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("cluster", row.cluster());
        data.put("service", row.shift().service().toString());
        data.put("spec", row.shift().resource().path("spec"));
        data.put("status", row.shift().resource().path("status"));
        return data;
    }
}
