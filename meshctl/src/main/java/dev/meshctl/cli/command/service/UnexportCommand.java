package dev.meshctl.cli.command.service;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.ControlPlane;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code unexport}: takes an offer back. */
@Command(name = "unexport", description = "Stop offering services to the linked meshes.")
public final class UnexportCommand extends MeshCommand {
    @Parameters(paramLabel = "SERVICE", arity = "1..*", description = "NAME.NAMESPACE")
    List<String> services;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    UnexportCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        List<ServiceName> names = services.stream().map(namespace::service).toList();
        return PerCluster.oneByOne(clusters.several(context()), cluster -> {
            ControlPlane plane = new ControlPlane(context().connections(), cluster);
            if (!change.confirm(console(), "take back exports of " + cluster.name() + "; linked meshes can no longer call",
                    names.stream().map(ServiceName::toString).toList())) {
                return List.of();
            }
            for (ServiceName name : names) {
                if (!plane.delete("ServiceExport", name.namespace(), name.name(), false, context().audit().actor())) {
                    throw CliError.failed(name + " is not exported").at("cluster " + cluster.name())
                            .next("meshctl services --cluster " + cluster.name());
                }
                context().audit().record(cluster.name(), "unexport " + name);
                console().note(name + " is no longer exported from " + cluster.name());
            }
            return List.of();
        }).end(console());
    }
}
