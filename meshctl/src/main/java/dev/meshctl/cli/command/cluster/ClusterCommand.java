package dev.meshctl.cli.command.cluster;

import dev.meshctl.cli.command.GroupCommand;
import picocli.CommandLine.Command;

/** {@code cluster}: the fleet. */
@Command(
        name = "cluster",
        description = "The clusters of the fleet.",
        subcommands = {
            ClusterAddCommand.class, ClusterListCommand.class, ClusterRemoveCommand.class, ClusterUseCommand.class
        })
public final class ClusterCommand extends GroupCommand {}
