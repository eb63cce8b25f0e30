package dev.meshctl.cli.command.resource;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.output.Suggestion;
import dev.meshctl.cli.output.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code get}: resources of one kind or several. */
@Command(name = "get", description = {"Show resources, of all namespaces unless one is named, as in:",
    "  meshctl get httproute -o yaml", "  meshctl get httproute,grpcroute -n shop -l team=pay", "  meshctl get trafficshift/payments -n shop"})
public final class GetCommand extends MeshCommand {
    private record Row(String cluster, Kind kind, ObjectNode resource) {
        String field(String name) {
            return resource.path("metadata").path(name).asString("");
        }
    }

    @Parameters(arity = "1..*", paramLabel = "KIND [NAME]", description = "KIND[,KIND] [NAME ...] or KIND/NAME ...; kinds are service,"
            + " httproute, grpcroute, serviceexport, accesspolicy, trafficshift, ...; in the singular, the plural or short")
    List<String> typed = new ArrayList<>();

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    @Option(names = {"-A", "--all-namespaces"}, description = "of all namespaces, as without -n")
    boolean allNamespaces;

    @Mixin
    LabelQuery labels = new LabelQuery();

    @Option(names = "--ignore-not-found", description = "what is not there is no error")
    boolean ignoreNotFound;

    private final Queue<CliError> missing = new ConcurrentLinkedQueue<>();

    GetCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        if (allNamespaces && !namespace.orAll().isEmpty()) {
            throw CliError.usage("--namespace and --all-namespaces exclude each other");
        }
        List<Wanted> wanted = Wanted.parse(typed);
        Predicate<JsonNode> selected = labels.parse();
        PerCluster<Row> answers = PerCluster.ask(clusters.several(context()), cluster -> {
            ControlPlane plane = new ControlPlane(context().connections(), cluster);
            return wanted.stream().flatMap(each -> select(plane, each).stream().filter(selected)
                    .map(resource -> new Row(cluster.name(), each.kind(), resource))).toList();
        });
        print(wanted, answers.rows());
        int code = answers.end(console());
        missing.forEach(console()::error);
        return missing.isEmpty() ? code : ExitCode.FAILED;
    }

    private List<ObjectNode> select(ControlPlane plane, Wanted wanted) {
        List<ObjectNode> all = plane.get(wanted.kind().name(), namespace.orAll(), "");
        if (wanted.names().isEmpty()) {
            return all;
        }
        List<ObjectNode> found = new ArrayList<>();
        for (String name : wanted.names()) {
            List<ObjectNode> named = all.stream().filter(r -> nameOf(r).equals(name)).toList();
            if (named.isEmpty() && !ignoreNotFound) {
                missing.add(missing(plane, wanted.kind(), name, all.stream().map(GetCommand::nameOf).toList()));
            }
            found.addAll(named);
        }
        return found;
    }

    private static CliError missing(ControlPlane plane, Kind kind, String name, List<String> others) {
        return CliError.failed("there is no " + kind.singular() + " \"" + name + "\"").at("cluster " + plane.cluster().name())
                .next(Suggestion.nearest(name, others)
                        .map(near -> "did you mean \"" + near + "\"?").orElse("meshctl get " + kind.plural()));
    }

    private void print(List<Wanted> wanted, List<Row> rows) {
        boolean named = wanted.stream().noneMatch(each -> each.names().isEmpty());
        if (named && rows.isEmpty()) {
            return; // what is missing is told by name
        }
        if (!console().format().isStructured()) {
            console().print(table(wanted.size() > 1), rows, "no "
                    + wanted.stream().map(each -> each.kind().plural()).collect(Collectors.joining(", ")));
        } else if (named && rows.size() == 1) {
            console().data(rows.getFirst().resource());
        } else {
            console().data(list(rows));
        }
    }

    /** As {@code apply} reads it. */
    private static Map<String, Object> list(List<Row> rows) {
        Map<String, Object> list = new LinkedHashMap<>();
        list.put("apiVersion", "v1");
        list.put("kind", "List");
        list.put("items", rows.stream().map(Row::resource).toList());
        return list;
    }

    private static String nameOf(JsonNode resource) {
        return resource.path("metadata").path("name").asString("");
    }

    private static Table<Row> table(boolean severalKinds) {
        return Table.<Row>of(GetCommand::typedName, row -> Map.of())
                .column("CLUSTER", Row::cluster)
                .column("NAMESPACE", row -> row.field("namespace"))
                .column("NAME", row -> severalKinds ? typedName(row) : row.field("name"))
                .column("STATE", row -> row.resource().path("status").path("phase").asString(""))
                .wide("LABELS", row -> row.resource().path("metadata").path("labels").properties().stream()
                        .map(label -> label.getKey() + "=" + label.getValue().asString("")).collect(Collectors.joining(",")))
                .wide("VERSION", row -> row.field("resourceVersion"));
    }

    private static String typedName(Row row) {
        return row.kind().singular() + "/" + row.field("name");
    }
}
