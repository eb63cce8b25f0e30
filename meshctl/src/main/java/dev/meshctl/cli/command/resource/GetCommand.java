package dev.meshctl.cli.command.resource;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.output.Suggestion;
import dev.meshctl.cli.output.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code get}: resources of a kind. */
@Command(name = "get", description = "Show resources of a kind, as in: meshctl get httproute -o yaml")
public final class GetCommand extends MeshCommand {
    private record Row(String cluster, Kind kind, ObjectNode resource) {
        String field(String name) {
            return resource.path("metadata").path(name).asString("");
        }
    }

    @Parameters(index = "0", paramLabel = "KIND", description = "service, httproute, grpcroute, serviceexport, accesspolicy, trafficshift, ...")
    String kind;

    @Parameters(index = "1", paramLabel = "NAME", arity = "0..1")
    @Nullable String name;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    GetCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Kind wanted = KindArgument.parse(kind);
        PerCluster<Row> answers = PerCluster.ask(clusters.several(context()), cluster ->
                select(new ControlPlane(context().connections(), cluster), wanted).stream()
                        .map(resource -> new Row(cluster.name(), wanted, resource)).toList());
        List<Row> rows = answers.rows();
        if (console().format().isStructured() && name != null && rows.size() == 1) {
            console().data(rows.getFirst().resource());
        } else {
            console().print(table(), rows, "no " + wanted.plural());
        }
        return answers.end(console());
    }

    private List<ObjectNode> select(ControlPlane plane, Kind wanted) {
        List<ObjectNode> all = plane.get(wanted.name(), namespace.orAll(), "");
        if (name == null) {
            return all;
        }
        List<ObjectNode> named = all.stream().filter(r -> nameOf(r).equals(name)).toList();
        if (named.isEmpty()) {
            CliError error = CliError.failed("there is no " + wanted.singular() + " \"" + name + "\"")
                    .at("cluster " + plane.cluster().name());
            throw error.next(Suggestion.nearest(name, all.stream().map(GetCommand::nameOf).toList())
                    .map(near -> "did you mean \"" + near + "\"?").orElse("meshctl get " + wanted.plural()));
        }
        return named;
    }

    private static String nameOf(JsonNode resource) {
        return resource.path("metadata").path("name").asString("");
    }

    private static Table<Row> table() {
        return Table.<Row>of(row -> row.kind().singular() + "/" + row.field("name"), GetCommand::data)
                .column("CLUSTER", Row::cluster)
                .column("NAMESPACE", row -> row.field("namespace"))
                .column("NAME", row -> row.field("name"))
                .column("STATE", row -> row.resource().path("status").path("phase").asString(""))
                .wide("VERSION", row -> row.field("resourceVersion"));
    }

    private static Map<String, Object> data(Row row) {
        Map<String, Object> data = new LinkedHashMap<>();
        row.resource().properties().forEach(entry -> data.put(entry.getKey(), entry.getValue()));
        return data;
    }
}
