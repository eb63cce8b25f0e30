package dev.meshctl.cli.command.cluster;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.InParallel;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Fleet;
import dev.meshctl.cli.fleet.FleetFile;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.platform.Platform.ClusterProcesses;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code cluster list}. */
@Command(name = "list", aliases = "ls", description = "List the clusters of the fleet.")
final class ClusterListCommand extends MeshCommand {
    /** Reading the kubeconfig, a credential plugin, and three looks. */
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private record Row(Cluster cluster, boolean current, ClusterProcesses processes) {
        String state() {
            if (!processes.reachable()) {
                return "unreachable";
            }
            return !processes.installed() ? "not installed" : processes.allReady() ? "ready" : "not ready";
        }
    }

    ClusterListCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Fleet fleet = context().fleet();
        List<Row> rows = InParallel.ask(fleet.clusters(), LIMIT, context().platform()::processes).stream()
                .map(answer -> row(fleet, answer)).toList();
        console().print(table(), rows, "the fleet is empty; add a cluster: meshctl cluster add west --local");
        if (!console().format().isStructured()) {
            rows.stream().filter(row -> !row.processes().reachable()).forEach(row ->
                    console().err(row.cluster().name() + ": unreachable: " + row.processes().problem()));
        }
        return ExitCode.OK;
    }

    private static Row row(Fleet fleet, InParallel.Answer<ClusterProcesses> answer) {
        ClusterProcesses processes = switch (answer) {
            case InParallel.Given<ClusterProcesses>(Cluster cluster, ClusterProcesses seen) -> seen;
            case InParallel.Missing<ClusterProcesses>(Cluster cluster, CliError error) ->
                ClusterProcesses.unreachable(error.what() + (error.why().isEmpty() ? "" : ": " + error.why()));
        };
        return new Row(answer.cluster(), answer.cluster().name().equals(fleet.current()), processes);
    }

    private static Table<Row> table() {
        return Table.<Row>of(row -> row.cluster().name(), ClusterListCommand::data)
                .column("NAME", row -> row.cluster().name())
                .column("CURRENT", row -> row.current() ? "*" : "")
                .column("PLATFORM", row -> row.cluster().place().platform())
                .column("TRUST DOMAIN", row -> row.cluster().trustDomain().name())
                .column("PLACE", row -> place(row.cluster()))
                .column("STATE", Row::state, row -> row.state().equals("ready") ? Style.GOOD : Style.WARN)
                .column("KUBERNETES", row -> row.processes().platformVersion())
                .column("MESH", row -> row.processes().meshVersion())
                .wide("DIRECTORY", row -> row.cluster().directory().toString())
                .wide("REASON", row -> row.processes().problem());
    }

    private static String place(Cluster cluster) {
        return switch (cluster.place()) {
            case Place.Local local -> local.range().isEmpty() ? "127.0.0.1" : local.range() + ".0.0/16";
            case Place.Kubernetes kubernetes -> kubernetes.inWords();
        };
    }

    private static Map<String, Object> data(Row row) {
        Map<String, Object> data = new LinkedHashMap<>(FleetFile.toData(row.cluster()));
        data.put("current", row.current());
        data.put("state", row.state());
        data.put("reachable", row.processes().reachable());
        data.put("reason", row.processes().problem());
        data.put("kubernetesVersion", row.processes().platformVersion());
        data.put("meshVersion", row.processes().meshVersion());
        data.put("directory", row.cluster().directory().toString());
        return data;
    }
}
