package dev.meshctl.cli.command.resource;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.ManifestTexts;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.ControlPlane;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code delete}: resources by name, by labels or by file. */
@Command(name = "delete", description = "Delete resources, by kind and name, by labels or by file.")
public final class DeleteCommand extends MeshCommand {
    @Parameters(arity = "0..*", paramLabel = "KIND NAME", description = "KIND[,KIND] NAME ... or KIND/NAME ...")
    List<String> typed = new ArrayList<>();

    @Mixin
    ManifestTexts manifests = new ManifestTexts();

    @Mixin
    LabelQuery labels = new LabelQuery();

    @Option(names = "--all", description = "all of the kind, in the namespace")
    boolean all;

    @Option(names = "--ignore-not-found", description = "what is not there is no error")
    boolean ignoreNotFound;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    DeleteCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Function<ControlPlane, List<ResourceKey>> chosen = chosen();
        AtomicBoolean missing = new AtomicBoolean();
        int code = PerCluster.oneByOne(clusters.several(context()), cluster -> {
            ControlPlane plane = new ControlPlane(context().connections(), cluster);
            List<ResourceKey> keys = chosen.apply(plane);
            if (keys.isEmpty()) {
                console().err("there is nothing to delete in cluster " + cluster.name());
            } else if (change.confirm(console(), "delete from cluster " + cluster.name(), keys.stream().map(ResourceKey::toString).toList())) {
                keys.forEach(key -> delete(plane, key, missing));
            }
            return List.of();
        }).end(console());
        return missing.get() ? ExitCode.FAILED : code;
    }

    private void delete(ControlPlane plane, ResourceKey key, AtomicBoolean missing) {
        String cluster = plane.cluster().name();
        if (plane.delete(key.kind(), key.namespace(), key.name(), false, context().audit().actor())) {
            context().audit().record(cluster, "delete " + key);
            console().note(Applied.name(key.kind(), key.namespace(), key.name()) + " deleted (" + cluster + ")");
        } else if (!ignoreNotFound) {
            console().error(CliError.failed("there is no " + key).at("cluster " + cluster)
                    .next("meshctl get " + key.kind().toLowerCase(Locale.ROOT) + " --cluster " + cluster));
            missing.set(true);
        }
    }

    /** What is to be deleted from a cluster. */
    private Function<ControlPlane, List<ResourceKey>> chosen() {
        if (manifests.isGiven()) {
            if (!typed.isEmpty() || all || labels.isGiven()) {
                throw CliError.usage("name either files or a kind, not both");
            }
            List<ResourceKey> keys = ManifestFiles.of(manifests.read(context().environment()), namespace.orDefault())
                    .resources().stream().map(Resource::key).toList();
            return plane -> keys;
        }
        List<Wanted> wanted = Wanted.parse(typed);
        boolean named = wanted.stream().noneMatch(each -> each.names().isEmpty());
        if (wanted.isEmpty() || named == (all || labels.isGiven())) {
            throw CliError.usage(named && !wanted.isEmpty() ? "name either resources, or --all or labels" : "nothing to delete")
                    .next("meshctl delete KIND NAME, meshctl delete KIND -l LABELS, or meshctl delete -f FILE");
        }
        Predicate<JsonNode> selected = labels.parse();
        return plane -> wanted.stream().flatMap(each -> (named ? each.names().stream() : names(plane, each.kind(), selected))
                .map(name -> key(each.kind(), name))).toList();
    }

    private Stream<String> names(ControlPlane plane, Kind kind, Predicate<JsonNode> selected) {
        return plane.get(kind.name(), key(kind, "").namespace(), "").stream().filter(selected)
                .map(resource -> resource.path("metadata").path("name").asString(""));
    }

    private ResourceKey key(Kind kind, String name) {
        return new ResourceKey(kind.name(), kind.namespaced() ? namespace.orDefault() : "", name);
    }
}
