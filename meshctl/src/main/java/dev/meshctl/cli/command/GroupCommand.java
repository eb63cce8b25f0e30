package dev.meshctl.cli.command;

import dev.meshctl.cli.CliError;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that has only subcommands; alone it is a wrong command line. */
public abstract class GroupCommand implements Callable<Integer> {
    @Mixin
    CommonOptions common = new CommonOptions();

    @Spec
    CommandSpec spec;

    @Override
    public final Integer call() {
        throw CliError.usage("\"" + spec.qualifiedName() + "\" needs a command")
                .because("it has: " + spec.subcommands().values().stream()
                        .map(command -> command.getCommandSpec().name()).distinct()
                        .collect(Collectors.joining(", ")))
                .next(spec.qualifiedName() + " --help");
    }
}
