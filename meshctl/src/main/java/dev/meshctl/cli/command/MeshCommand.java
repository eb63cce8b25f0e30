package dev.meshctl.cli.command;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/**
 * The base of every command: parses, calls one service object, prints. A subclass is {@code final}, has a
 * constructor that takes the {@link Context}, and stands in {@link CommandTree} by one line.
 */
public abstract class MeshCommand implements Callable<Integer> {
    private final Context context;

    @Mixin
    CommonOptions common = new CommonOptions();

    protected MeshCommand(Context context) {
        this.context = context;
    }

    protected final Context context() {
        return context;
    }

    /** The console for the format that was asked for. */
    protected final Console console() {
        if (!supports(common.format)) {
            throw CliError.usage("this command has no " + common.format + " output")
                    .next("use -o table, wide, json, yaml or name");
        }
        return context.console(common.format);
    }

    /** Which formats there are; JUnit XML only where a command says so. */
    protected boolean supports(OutputFormat format) {
        return format != OutputFormat.JUNIT;
    }

    /** Carries the command out and returns its exit code. Throws {@code CliError} for what fails. */
    protected abstract int run() throws Exception;

    @Override
    public final Integer call() throws Exception {
        return run();
    }
}
