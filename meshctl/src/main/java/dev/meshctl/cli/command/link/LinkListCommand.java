package dev.meshctl.cli.command.link;

import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.output.Times;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code link list}. */
@Command(name = "list", aliases = "ls", description = "List the links of clusters.")
final class LinkListCommand extends MeshCommand {
    private record Row(String cluster, LinkView link) {}

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    LinkListCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        PerCluster<Row> answers = PerCluster.ask(clusters.severalOrAll(context()), cluster ->
                new ControlPlane(context().connections(), cluster).links().stream()
                        .map(link -> new Row(cluster.name(), link)).toList());
        console().print(table(), answers.rows(), "no links; make one: meshctl link LEFT RIGHT");
        return answers.end(console());
    }

    private static Table<Row> table() {
        return Table.<Row>of(row -> row.cluster() + "/" + row.link().getPeer(), LinkListCommand::data)
                .column("CLUSTER", Row::cluster)
                .column("PEER", row -> row.link().getPeer())
                .column("PHASE", row -> row.link().getPhase(),
                        row -> row.link().getPhase().equals("Active") ? Style.GOOD : Style.WARN)
                .column("VERSION", row -> row.link().getPeerVersion().isEmpty() ? "unknown" : row.link().getPeerVersion(),
                        row -> row.link().getPeerVersion().isEmpty() ? Style.WARN : Style.PLAIN)
                .column("TRUST DOMAIN", row -> row.link().getTrustDomain())
                .column("IMPORTS", row -> Integer.toString(row.link().getImportedServices()))
                .column("EXPORTS", row -> Integer.toString(row.link().getExportedServices()))
                .column("RTT", row -> row.link().getRttMs() > 0
                        ? String.format(Locale.ROOT, "%.1f ms", row.link().getRttMs()) : "")
                .column("SEEN", row -> row.link().getLastSeenEpochMs() == 0 ? ""
                        : Times.ago(Instant.ofEpochMilli(row.link().getLastSeenEpochMs()), Instant.now()))
                .column("REASON", row -> row.link().getReason())
                .wide("ADDRESSES", row -> String.join(" ", row.link().getAddressesList()))
                .wide("BUNDLE", row -> row.link().getBundleDigestSha256())
                .wide("RECONNECTS", row -> Integer.toString(row.link().getReconnects()));
    }

    private static Map<String, Object> data(Row row) {
        LinkView link = row.link();
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("cluster", row.cluster());
        data.put("peer", link.getPeer());
        data.put("trustDomain", link.getTrustDomain());
        data.put("addresses", List.copyOf(link.getAddressesList()));
        data.put("phase", link.getPhase());
        data.put("reason", link.getReason());
        data.put("lastSeenEpochMs", link.getLastSeenEpochMs());
        data.put("rttMs", link.getRttMs());
        data.put("importedServices", link.getImportedServices());
        data.put("exportedServices", link.getExportedServices());
        data.put("bundleDigestSha256", link.getBundleDigestSha256());
        data.put("reconnects", link.getReconnects());
        data.put("peerVersion", link.getPeerVersion());
        data.put("peerProtocolLevel", link.getPeerProtocolLevel());
        return data;
    }
}
