package dev.meshctl.cli.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code meshctl} alone. */
@Command(
        name = "meshctl",
        description = "A service mesh for fleets of clusters.",
        synopsisSubcommandLabel = "COMMAND",
        sortOptions = false,
        footer = {"", "Start here:  meshctl demo", "Exit codes:  0 done; 1 failed; 2 usage; 3 rolled back by a gate; "
                + "4 unknown; 130 interrupted"})
final class RootCommand {
    @Option(names = {"-h", "--help"}, usageHelp = true, description = "show this help")
    boolean help;
}
