package dev.meshctl.cli.command;

import dev.meshctl.cli.output.OutputFormat;
import picocli.CommandLine.Option;

/** Options that every command takes. */
public final class CommonOptions {
    @Option(names = {"-o", "--output"}, paramLabel = "FORMAT", defaultValue = "table",
            description = "table, wide, json, yaml or name (default: table)")
    OutputFormat format = OutputFormat.TABLE;

    @Option(names = "--debug", description = "show the stack trace of an error")
    boolean debug;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "show this help")
    boolean help;
}
