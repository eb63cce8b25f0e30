package dev.meshctl.cli.command.resource;

import dev.meshctl.api.proto.admin.ApplyResult;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceWriter;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.ManifestTexts;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.ControlPlane;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code apply}: files of resources, all or none. */
@Command(name = "apply", description = "Create or change resources from files; all of them or none.")
public final class ApplyCommand extends MeshCommand {
    @Mixin
    ManifestTexts manifests = new ManifestTexts();

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    ApplyCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        ManifestFiles files = ManifestFiles.of(manifests.read(context().environment()), namespace.orDefault());
        List<Resource> resources = files.resources();
        List<String> json = resources.stream().map(ResourceWriter::json).toList();
        PerCluster<Applied> applied = PerCluster.oneByOne(clusters.several(context()), cluster -> {
            ControlPlane plane = new ControlPlane(context().connections(), cluster);
            // The control plane, and the API server where there is one, have checked it all before anybody is asked.
            List<ApplyResult> results = applied(plane, files, json, true);
            if (!change.isDryRun()) {
                if (!change.confirm(console(), "apply to cluster " + cluster.name(),
                        resources.stream().map(resource -> resource.key().toString()).toList())) {
                    return List.of();
                }
                results = applied(plane, files, json, false);
                context().audit().record(cluster.name(), "apply " + resources.stream().map(Resource::key).toList());
            }
            return results.stream().map(result -> new Applied(cluster.name(), result)).toList();
        });
        if (change.isDryRun()) {
            console().err("dry run, nothing was changed:");
        }
        Applied.print(console(), applied.rows());
        return applied.end(console());
    }

    /** What is refused is told with where it stands in the files. */
    private List<ApplyResult> applied(ControlPlane plane, ManifestFiles files, List<String> json, boolean dryRun) {
        try {
            return plane.apply(json, dryRun, context().audit().actor());
        } catch (CliError e) {
            CliError located = e.because(files.located(e.why()));
            throw e.next().isEmpty() ? located.at("checked by cluster " + plane.cluster().name())
                    .next("correct the file and run it again; nothing was changed") : located;
        }
    }
}
