package dev.meshctl.cli.command.cluster;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Fleet;
import dev.meshctl.cli.fleet.FleetFile;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.platform.Platform.ClusterProcesses;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code cluster list}. */
@Command(name = "list", aliases = "ls", description = "List the clusters of the fleet.")
final class ClusterListCommand extends MeshCommand {
    private record Row(Cluster cluster, boolean current, String state) {}

    ClusterListCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Fleet fleet = context().fleet();
        List<Row> rows = fleet.clusters().stream()
                .map(cluster -> new Row(cluster, cluster.name().equals(fleet.current()), state(cluster)))
                .toList();
        console().print(table(), rows, "the fleet is empty; add a cluster: meshctl cluster add west --local");
        return ExitCode.OK;
    }

    private String state(Cluster cluster) {
        ClusterProcesses processes = context().platform().processes(cluster);
        if (!processes.installed()) {
            return "not installed";
        }
        return processes.allReady() ? "ready" : "not ready";
    }

    private static Table<Row> table() {
        return Table.<Row>of(row -> row.cluster().name(), ClusterListCommand::data)
                .column("NAME", row -> row.cluster().name())
                .column("CURRENT", row -> row.current() ? "*" : "")
                .column("PLATFORM", row -> "local")
                .column("TRUST DOMAIN", row -> row.cluster().trustDomain().name())
                .column("ADDRESSES", row -> row.cluster().range().isEmpty() ? "127.0.0.1" : row.cluster().range() + ".0.0/16")
                .column("STATE", Row::state, row -> row.state().equals("ready") ? Style.GOOD : Style.WARN)
                .wide("DIRECTORY", row -> row.cluster().directory().toString());
    }

    private static Map<String, Object> data(Row row) {
        Map<String, Object> data = new LinkedHashMap<>(FleetFile.toData(row.cluster()));
        data.put("current", row.current());
        data.put("state", row.state());
        data.put("directory", row.cluster().directory().toString());
        return data;
    }
}
