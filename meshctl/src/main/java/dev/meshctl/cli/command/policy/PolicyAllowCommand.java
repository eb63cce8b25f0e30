package dev.meshctl.cli.command.policy;

import dev.meshctl.cli.Context;
import picocli.CommandLine.Command;

/** {@code policy allow}. */
@Command(name = "allow", description = "Allow calls to a service; every other caller is then refused.")
final class PolicyAllowCommand extends PolicyRuleCommand {
    PolicyAllowCommand(Context context) {
        super(context, "Allow");
    }
}
