package dev.meshctl.cli.command.resource;

import dev.meshctl.api.proto.admin.ApplyResult;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceWriter;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.ControlPlane;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code apply}: files of resources, all or none. */
@Command(name = "apply", description = "Create or change resources from files; all of them or none.")
public final class ApplyCommand extends MeshCommand {
    @Option(names = {"-f", "--filename"}, required = true, paramLabel = "FILE", description = "file, directory, or - for standard input")
    List<String> files = new ArrayList<>();

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
        List<Resource> resources = new ManifestFiles(context().environment(), namespace.orDefault()).read(files);
        List<String> json = resources.stream().map(ResourceWriter::json).toList();
        PerCluster<Applied> applied = PerCluster.oneByOne(clusters.several(context()), cluster -> {
            ControlPlane plane = new ControlPlane(context().connections(), cluster);
            // The control plane has checked it all before anybody is asked.
            List<ApplyResult> results = checked(plane, json);
            if (!change.isDryRun()) {
                if (!change.confirm(console(), "apply to cluster " + cluster.name(),
                        resources.stream().map(resource -> resource.key().toString()).toList())) {
                    return List.of();
                }
                results = plane.apply(json, false, context().audit().actor());
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

    private List<ApplyResult> checked(ControlPlane plane, List<String> json) {
        try {
            return plane.apply(json, true, context().audit().actor());
        } catch (CliError e) {
            throw e.next().isEmpty() ? e.at(String.join(", ", files) + ", checked by cluster " + plane.cluster().name())
                    .next("correct the file and run it again; nothing was changed") : e;
        }
    }
}
