package dev.meshctl.cli.command.service;

import dev.meshctl.api.proto.admin.ServiceSource;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.api.proto.admin.VersionView;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code services}: what can be called from a cluster, and where it comes from. */
@Command(name = "services", aliases = "svc", description = "List the services that a cluster knows: its own and imported ones.")
public final class ServicesCommand extends MeshCommand {
    private record Row(String cluster, ServiceView service) {}

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    ServicesCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        PerCluster<Row> answers = PerCluster.ask(clusters.several(context()), cluster ->
                new ControlPlane(context().connections(), cluster).services(namespace.orAll()).stream()
                        .map(service -> new Row(cluster.name(), service)).toList());
        console().print(table(), answers.rows(), "no services yet; start one: meshctl run --service NAME.NAMESPACE --port PORT -- COMMAND");
        return answers.end(console());
    }

    private static Table<Row> table() {
        return Table.<Row>of(row -> ControlPlane.nameOf(row.service()), ServicesCommand::data)
                .column("CLUSTER", Row::cluster)
                .column("SERVICE", row -> ControlPlane.nameOf(row.service()))
                .column("PORTS", row -> row.service().getPortsList().stream().map(String::valueOf)
                        .collect(Collectors.joining(",")))
                .column("EXPORTED", row -> row.service().getExported() ? "yes" : "no")
                .column("FROM", row -> row.service().getSourcesList().stream()
                        .map(s -> s.getLocal() ? "here" : s.getCluster() + (s.getStale() ? " (stale)" : ""))
                        .collect(Collectors.joining(", ")))
                .column("VERSIONS", row -> row.service().getSourcesList().stream().map(ServicesCommand::versions)
                        .filter(text -> !text.isEmpty()).collect(Collectors.joining("; ")),
                        row -> ready(row.service()) ? Style.PLAIN : Style.BAD);
    }

    private static boolean ready(ServiceView service) {
        return service.getSourcesList().stream().flatMap(s -> s.getVersionsList().stream()).anyMatch(v -> v.getReady() > 0);
    }

    // "v1 2/2 90%, v2 1/1 10%"
    private static String versions(ServiceSource source) {
        return source.getVersionsList().stream()
                .map(v -> (v.getVersion().isEmpty() ? "" : v.getVersion() + " ") + v.getReady() + "/" + v.getTotal()
                        + (source.getVersionsCount() > 1 ? " " + v.getWeightPercent() + "%" : ""))
                .collect(Collectors.joining(", "));
    }

    private static Map<String, Object> data(Row row) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("cluster", row.cluster());
        data.put("name", row.service().getName());
        data.put("namespace", row.service().getNamespace());
        data.put("ports", List.copyOf(row.service().getPortsList()));
        data.put("exported", row.service().getExported());
        data.put("sources", row.service().getSourcesList().stream().map(ServicesCommand::source).toList());
        return data;
    }

    private static Map<String, Object> source(ServiceSource source) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("cluster", source.getCluster());
        data.put("local", source.getLocal());
        data.put("stale", source.getStale());
        data.put("versions", source.getVersionsList().stream().map(ServicesCommand::version).toList());
        return data;
    }

    private static Map<String, Object> version(VersionView version) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("version", version.getVersion());
        data.put("ready", version.getReady());
        data.put("total", version.getTotal());
        data.put("weightPercent", version.getWeightPercent());
        return data;
    }
}
