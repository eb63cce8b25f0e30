package dev.meshctl.cli.command.policy;

import dev.meshctl.cli.command.GroupCommand;
import picocli.CommandLine.Command;

/** {@code policy}: who may call what. */
@Command(
        name = "policy",
        description = "Who may call a service: deny rules first; with any allow rule, one must match.",
        subcommands = {
            PolicyAllowCommand.class, PolicyDenyCommand.class, PolicyListCommand.class, PolicyCheckCommand.class
        })
public final class PolicyCommand extends GroupCommand {}
