package dev.meshctl.cli.command.resource;

import dev.meshctl.api.proto.admin.ApplyResult;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceWriter;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.fleet.Cluster;
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
        List<Applied> applied = new ArrayList<>();
        for (Cluster cluster : clusters.several(context())) {
            ControlPlane plane = new ControlPlane(context().connections(), cluster);
            // The control plane has checked it all before anybody is asked.
            checked(plane, json).stream()
                    .filter(result -> change.isDryRun()).forEach(result -> applied.add(new Applied(cluster.name(), result)));
            if (!change.isDryRun() && change.confirm(console(), "apply to cluster " + cluster.name(),
                    resources.stream().map(resource -> resource.key().toString()).toList())) {
                plane.apply(json, false, context().audit().actor())
                        .forEach(result -> applied.add(new Applied(cluster.name(), result)));
                context().audit().record(cluster.name(), "apply " + resources.stream().map(Resource::key).toList());
            }
        }
        if (change.isDryRun()) {
            console().err("dry run, nothing was changed:");
        }
        Applied.print(console(), applied);
        return ExitCode.OK;
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
