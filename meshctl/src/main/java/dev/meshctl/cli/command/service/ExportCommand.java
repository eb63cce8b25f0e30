package dev.meshctl.cli.command.service;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.ApplyResult;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.command.resource.Applied;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.connect.Manifests;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code export}: offers services to linked meshes. */
@Command(name = "export", description = "Offer services to the linked meshes.")
public final class ExportCommand extends MeshCommand {
    @Parameters(paramLabel = "SERVICE", arity = "1..*", description = "NAME.NAMESPACE")
    List<String> services;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    ExportCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        List<ServiceName> names = services.stream().map(namespace::service).toList();
        PerCluster<Applied> applied = PerCluster.oneByOne(clusters.several(context()), cluster -> {
            ControlPlane plane = new ControlPlane(context().connections(), cluster);
            names.forEach(plane::service);
            if (!change.confirm(console(), "export from " + cluster.name() + " to every linked mesh",
                    names.stream().map(ServiceName::toString).toList())) {
                return List.of();
            }
            List<ApplyResult> results =
                    plane.apply(names.stream().map(Manifests::serviceExport).toList(), false, context().audit().actor());
            context().audit().record(cluster.name(), "export " + names);
            return results.stream().map(result -> new Applied(cluster.name(), result)).toList();
        });
        Applied.print(console(), applied.rows());
        return applied.end(console());
    }
}
