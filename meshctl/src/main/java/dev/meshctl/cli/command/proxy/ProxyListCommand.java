package dev.meshctl.cli.command.proxy;

import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.admin.TypeSync;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.output.Times;
import dev.meshctl.cli.proxy.FleetProxies;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code proxy list}: who is connected and in sync. */
@Command(name = "list", aliases = "ls", description = "List the proxies of a cluster and whether they are in sync.")
final class ProxyListCommand extends MeshCommand {
    private record Row(String cluster, ProxyView proxy) {
        boolean inSync() {
            return proxy.getConnected() && proxy.getTypesList().stream().allMatch(t -> t.getPending() == 0 && t.getNacked() == 0);
        }
    }

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    ProxyListCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        PerCluster<Row> answers = PerCluster.ask(clusters.several(context()), cluster ->
                new FleetProxies(context().connections(), context().kubernetes()).views(cluster).stream().map(proxy -> new Row(cluster.name(), proxy)).toList());
        console().print(table(), answers.rows(), "no proxy has ever connected");
        return answers.end(console());
    }

    private static Table<Row> table() {
        return Table.<Row>of(row -> row.proxy().getNode(), ProxyListCommand::data)
                .column("CLUSTER", Row::cluster)
                .column("PROXY", row -> row.proxy().getNode())
                .column("CONNECTED", row -> row.proxy().getConnected() ? "yes" : "no")
                .column("SYNC", row -> row.inSync() ? "in sync" : row.proxy().getConnected() ? "behind" : "away",
                        row -> row.inSync() ? Style.GOOD : Style.BAD)
                .column("SINCE", row -> row.proxy().getSinceEpochMs() == 0 ? ""
                        : Times.ago(Instant.ofEpochMilli(row.proxy().getSinceEpochMs()), Instant.now()))
                .column("WORKLOADS", row -> Integer.toString(row.proxy().getWorkloadsCount()))
                .column("ACKED", row -> row.proxy().getTypesList().stream()
                        .map(t -> t.getType() + " " + t.getAcked() + "/" + t.getSubscribed()
                                + (t.getNacked() == 0 ? "" : " nacked " + t.getNacked() + ": " + t.getLastNack()))
                        .collect(Collectors.joining(", ")))
                .wide("IDENTITY", row -> row.proxy().getIdentity())
                .wide("VERSION", row -> row.proxy().getVersion())
                .wide("WORKLOAD IDS", row -> String.join(" ", row.proxy().getWorkloadsList()));
    }

    private static Map<String, Object> data(Row row) {
        ProxyView proxy = row.proxy();
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("cluster", row.cluster());
        data.put("node", proxy.getNode());
        data.put("identity", proxy.getIdentity());
        data.put("connected", proxy.getConnected());
        data.put("inSync", row.inSync());
        data.put("sinceEpochMs", proxy.getSinceEpochMs());
        data.put("version", proxy.getVersion());
        data.put("workloads", List.copyOf(proxy.getWorkloadsList()));
        data.put("types", proxy.getTypesList().stream().map(ProxyListCommand::type).toList());
        return data;
    }

    private static Map<String, Object> type(TypeSync type) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("type", type.getType());
        data.put("subscribed", type.getSubscribed());
        data.put("acked", type.getAcked());
        data.put("pending", type.getPending());
        data.put("nacked", type.getNacked());
        data.put("lastNack", type.getLastNack());
        data.put("bytesSent", type.getBytesSent());
        return data;
    }
}
