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
import dev.meshctl.cli.connect.Listing;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Suggestion;
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

/** {@code get}: resources of one kind or several. */
@Command(name = "get", description = {"Show resources, of all namespaces unless one is named, as in:",
    "  meshctl get httproute -o yaml", "  meshctl get httproute,grpcroute -n shop -l team=pay", "  meshctl get trafficshift/payments -n shop"})
public final class GetCommand extends MeshCommand {
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

    @Option(names = {"-w", "--watch"}, description = "go on, with a row for each change, until Ctrl-C")
    boolean watch;

    private final Queue<CliError> missing = new ConcurrentLinkedQueue<>();

    GetCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws InterruptedException {
        if (allNamespaces && !namespace.orAll().isEmpty()) {
            throw CliError.usage("--namespace and --all-namespaces exclude each other");
        }
        List<Wanted> wanted = Wanted.parse(typed);
        Predicate<JsonNode> labelled = labels.parse();
        Predicate<Found> selected = found -> labelled.test(found.resource());
        return watch ? watch(wanted, selected) : show(wanted, selected);
    }

    private int show(List<Wanted> wanted, Predicate<Found> selected) {
        PerCluster<Found> answers = PerCluster.ask(clusters.several(context()), cluster -> {
            ControlPlane plane = new ControlPlane(context().connections(), cluster);
            return wanted.stream().flatMap(each -> select(plane, each).stream()).filter(selected).toList();
        });
        print(wanted, answers.rows());
        return end(answers);
    }

    private int end(PerCluster<?> answers) {
        int code = answers.end(console());
        missing.forEach(console()::error);
        return missing.isEmpty() ? code : ExitCode.FAILED;
    }

    private record Begun(ClusterWatch watch, List<Found> rows) {}

    /** A cluster that does not answer the first look is asked again, if another one has answered. */
    private int watch(List<Wanted> wanted, Predicate<Found> selected) throws InterruptedException {
        List<Cluster> chosen = clusters.several(context());
        PerCluster<Begun> answers = PerCluster.ask(chosen, cluster -> {
            ClusterWatch watched = watchOf(cluster, wanted, selected);
            wanted.stream().filter(each -> !each.names().isEmpty()).forEach(each -> select(watched.plane(), each));
            return List.of(new Begun(watched, watched.changes()));
        });
        if (answers.rows().isEmpty() || !missing.isEmpty()) {
            return end(answers);
        }
        ResourceWatch watching = new ResourceWatch(console(), Found.table(wanted.size() > 1));
        watching.begin(answers.rows().stream().flatMap(begun -> begun.rows().stream()).toList(), none(wanted));
        answers.end(console());
        Map<String, ClusterWatch> begun = answers.rows().stream()
                .collect(Collectors.toMap(each -> each.watch().cluster(), Begun::watch));
        return watching.follow(chosen.stream().map(cluster -> begun.containsKey(cluster.name()) ? begun.get(cluster.name())
                : watchOf(cluster, wanted, selected)).toList());
    }

    private ClusterWatch watchOf(Cluster cluster, List<Wanted> wanted, Predicate<Found> selected) {
        return new ClusterWatch(new ControlPlane(context().connections(), cluster), wanted, namespace.orAll(), selected);
    }

    private List<Found> select(ControlPlane plane, Wanted wanted) {
        List<Found> all = plane.list(wanted.kind().name(), namespace.orAll(), "").map(Listing::resources).orElse(List.of()).stream()
                .map(listed -> Found.of(plane.cluster().name(), wanted.kind(), listed)).toList();
        if (wanted.names().isEmpty()) {
            return all;
        }
        List<Found> found = new ArrayList<>();
        for (String name : wanted.names()) {
            List<Found> named = all.stream().filter(each -> each.name().equals(name)).toList();
            if (named.isEmpty() && !ignoreNotFound) {
                missing.add(missing(plane, wanted.kind(), name, all.stream().map(Found::name).toList()));
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

    private void print(List<Wanted> wanted, List<Found> rows) {
        boolean named = wanted.stream().noneMatch(each -> each.names().isEmpty());
        if (named && rows.isEmpty()) {
            return; // what is missing is told by name
        }
        if (!console().format().isStructured()) {
            console().print(Found.table(wanted.size() > 1), rows, none(wanted));
        } else if (named && rows.size() == 1) {
            console().data(rows.getFirst().resource());
        } else {
            console().data(list(rows));
        }
    }

    private static String none(List<Wanted> wanted) {
        return "no " + wanted.stream().map(each -> each.kind().plural()).collect(Collectors.joining(", "));
    }

    /** As {@code apply} reads it. */
    private static Map<String, Object> list(List<Found> rows) {
        Map<String, Object> list = new LinkedHashMap<>();
        list.put("apiVersion", "v1");
        list.put("kind", "List");
        list.put("items", rows.stream().map(Found::resource).toList());
        return list;
    }
}
