package dev.meshctl.cli.command.resource;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.ControlPlane;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code delete}: resources by name or by file. */
@Command(name = "delete", description = "Delete resources, by kind and name or by file.")
public final class DeleteCommand extends MeshCommand {
    @Parameters(index = "0", paramLabel = "KIND", arity = "0..1")
    @Nullable String kind;

    @Parameters(index = "1..*", paramLabel = "NAME", arity = "0..*")
    List<String> names = new ArrayList<>();

    @Option(names = {"-f", "--filename"}, paramLabel = "FILE", description = "what the file names is deleted")
    List<String> files = new ArrayList<>();

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
        List<ResourceKey> keys = keys();
        AtomicBoolean missing = new AtomicBoolean();
        int code = PerCluster.oneByOne(clusters.several(context()), cluster -> {
            ControlPlane plane = new ControlPlane(context().connections(), cluster);
            if (!change.confirm(console(), "delete from cluster " + cluster.name(), keys.stream().map(ResourceKey::toString).toList())) {
                return List.of();
            }
            for (ResourceKey key : keys) {
                if (plane.delete(key.kind(), key.namespace(), key.name(), false, context().audit().actor())) {
                    context().audit().record(cluster.name(), "delete " + key);
                    console().note(Applied.name(key.kind(), key.namespace(), key.name()) + " deleted (" + cluster.name() + ")");
                } else {
                    console().error(CliError.failed("there is no " + key).at("cluster " + cluster.name())
                            .next("meshctl get " + key.kind().toLowerCase(Locale.ROOT) + " --cluster " + cluster.name()));
                    missing.set(true);
                }
            }
            return List.of();
        }).end(console());
        return missing.get() ? ExitCode.FAILED : code;
    }

    private List<ResourceKey> keys() {
        if (!files.isEmpty()) {
            if (kind != null) {
                throw CliError.usage("name either files or a kind, not both");
            }
            return new ManifestFiles(context().environment(), namespace.orDefault()).read(files).stream()
                    .map(Resource::key).toList();
        }
        if (kind == null || names.isEmpty()) {
            throw CliError.usage("nothing to delete").next("meshctl delete KIND NAME, or meshctl delete -f FILE");
        }
        Kind wanted = KindArgument.parse(kind);
        return names.stream()
                .map(name -> new ResourceKey(wanted.name(), wanted.namespaced() ? namespace.orDefault() : "", name)).toList();
    }
}
