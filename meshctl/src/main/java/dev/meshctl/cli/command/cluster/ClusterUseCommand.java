package dev.meshctl.cli.command.cluster;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.MeshCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cluster use}: chooses the current cluster. */
@Command(name = "use", description = "Choose the current cluster.")
final class ClusterUseCommand extends MeshCommand {
    @Parameters(paramLabel = "NAME")
    String name;

    ClusterUseCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        context().fleet().require(name);
        context().fleetFile().update(fleet -> fleet.using(name));
        console().note("current cluster: " + name);
        return ExitCode.OK;
    }
}
