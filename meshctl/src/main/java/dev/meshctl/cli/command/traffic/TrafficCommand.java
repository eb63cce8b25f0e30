package dev.meshctl.cli.command.traffic;

import dev.meshctl.cli.command.GroupCommand;
import picocli.CommandLine.Command;

/** {@code traffic}: where the traffic of a service goes. */
@Command(
        name = "traffic",
        description = "Split and shift traffic among the versions of a service.",
        subcommands = {
            TrafficSplitCommand.class, TrafficShiftCommand.class, TrafficStatusCommand.class,
            TrafficPauseCommand.class, TrafficResumeCommand.class, TrafficRollbackCommand.class
        })
public final class TrafficCommand extends GroupCommand {}
