package dev.meshctl.cli.command;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.bugreport.BugReportCommand;
import dev.meshctl.cli.command.cluster.ClusterCommand;
import dev.meshctl.cli.command.completion.CompletionCommand;
import dev.meshctl.cli.command.demo.DemoCommand;
import dev.meshctl.cli.command.inject.InjectCommand;
import dev.meshctl.cli.command.inject.UninjectCommand;
import dev.meshctl.cli.command.install.HistoryCommand;
import dev.meshctl.cli.command.install.InstallCommand;
import dev.meshctl.cli.command.install.PlanCommand;
import dev.meshctl.cli.command.install.RollbackCommand;
import dev.meshctl.cli.command.install.StatusCommand;
import dev.meshctl.cli.command.install.UninstallCommand;
import dev.meshctl.cli.command.install.UpgradeCommand;
import dev.meshctl.cli.command.link.LinkCommand;
import dev.meshctl.cli.command.policy.PolicyCommand;
import dev.meshctl.cli.command.proxy.ProxyCommand;
import dev.meshctl.cli.command.resource.ApplyCommand;
import dev.meshctl.cli.command.resource.DeleteCommand;
import dev.meshctl.cli.command.resource.DescribeCommand;
import dev.meshctl.cli.command.resource.GetCommand;
import dev.meshctl.cli.command.run.RunCommand;
import dev.meshctl.cli.command.service.ExportCommand;
import dev.meshctl.cli.command.service.ServicesCommand;
import dev.meshctl.cli.command.service.UnexportCommand;
import dev.meshctl.cli.command.traffic.TrafficCommand;
import dev.meshctl.cli.command.trust.TrustCommand;
import dev.meshctl.cli.command.verify.VerifyCommand;
import java.util.List;
import picocli.CommandLine;

/**
 * Which commands there are. Only the class of the command that is run is loaded; help, completion and
 * suggestions for a misspelt name load them all.
 */
public final class CommandTree {
    /** Top-level commands, in the order of the help. */
    public static final List<String> NAMES = List.of(
            "cluster", "install", "plan", "upgrade", "rollback", "history", "uninstall", "status", "link", "export", "unexport",
            "services", "run", "inject", "uninject",
            "get", "apply", "delete", "describe", "traffic", "policy", "trust", "proxy", "verify", "bug-report", "demo", "completion", "version");

    private CommandTree() {}

    /** One line for each command. */
    private static Class<?> type(String name) {
        return switch (name) {
            case "cluster" -> ClusterCommand.class;
            case "install" -> InstallCommand.class;
            case "plan" -> PlanCommand.class;
            case "upgrade" -> UpgradeCommand.class;
            case "rollback" -> RollbackCommand.class;
            case "history" -> HistoryCommand.class;
            case "uninstall" -> UninstallCommand.class;
            case "status" -> StatusCommand.class;
            case "link" -> LinkCommand.class;
            case "export" -> ExportCommand.class;
            case "unexport" -> UnexportCommand.class;
            case "services" -> ServicesCommand.class;
            case "run" -> RunCommand.class;
            case "inject" -> InjectCommand.class;
            case "uninject" -> UninjectCommand.class;
            case "get" -> GetCommand.class;
            case "apply" -> ApplyCommand.class;
            case "delete" -> DeleteCommand.class;
            case "describe" -> DescribeCommand.class;
            case "traffic" -> TrafficCommand.class;
            case "policy" -> PolicyCommand.class;
            case "trust" -> TrustCommand.class;
            case "proxy" -> ProxyCommand.class;
            case "verify" -> VerifyCommand.class;
            case "bug-report" -> BugReportCommand.class;
            case "demo" -> DemoCommand.class;
            case "completion" -> CompletionCommand.class;
            case "version" -> VersionCommand.class;
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** The whole tree. */
    public static CommandLine all(Context context) {
        return of(context, NAMES);
    }

    /** What these arguments need: one command, or the whole tree if they name none. */
    public static CommandLine forArguments(Context context, String[] args) {
        return args.length > 0 && NAMES.contains(args[0]) ? of(context, List.of(args[0])) : all(context);
    }

    private static CommandLine of(Context context, List<String> names) {
        CommandLine.IFactory factory = new CommandFactory(context);
        CommandLine root = new CommandLine(new RootCommand(), factory);
        for (String name : names) {
            root.addSubcommand(name, new CommandLine(type(name), factory));
        }
        root.setExpandAtFiles(false);
        root.setCaseInsensitiveEnumValuesAllowed(true);
        root.setUsageHelpLongOptionsMaxWidth(30);
        // `run` and its like: what follows the first word that is no option belongs to the child.
        CommandLine run = root.getSubcommands().get("run");
        if (run != null) {
            run.setStopAtPositional(true);
        }
        return root;
    }
}
