package dev.meshctl.cli.command.policy;

import dev.meshctl.cli.Context;
import picocli.CommandLine.Command;

/** {@code policy deny}. */
@Command(name = "deny", description = "Refuse calls to a service.")
final class PolicyDenyCommand extends PolicyRuleCommand {
    PolicyDenyCommand(Context context) {
        super(context, "Deny");
    }
}
