package dev.meshctl.cli.command.cluster;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cluster remove}: forgets a cluster that is not installed. */
@Command(name = "remove", aliases = "rm", description = "Remove a cluster from the fleet; it must be uninstalled.")
final class ClusterRemoveCommand extends MeshCommand {
    @Parameters(paramLabel = "NAME")
    String name;

    @Mixin
    ChangeOptions change = new ChangeOptions();

    ClusterRemoveCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Cluster cluster = context().fleet().require(name);
        // Of a Kubernetes cluster the fleet only keeps where it is: that may go at any time.
        if (cluster.isLocal() && context().platform().processes(cluster).installed()) {
            throw CliError.failed("cluster \"" + name + "\" is still installed").at(cluster.directory().toString())
                    .next("meshctl uninstall --cluster " + name);
        }
        if (change.confirm(console(), "remove cluster " + name + " from the fleet",
                List.of(context().fleetFile().path().toString()))) {
            context().fleetFile().update(fleet -> fleet.without(name));
            context().audit().record("fleet", "cluster remove " + name);
            console().note("cluster " + name + " removed"
                    + (cluster.isLocal() ? "" : " from the fleet; a mesh that is installed there stays"));
        }
        return ExitCode.OK;
    }
}
