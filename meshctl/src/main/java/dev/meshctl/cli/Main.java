package dev.meshctl.cli;

import dev.meshctl.cli.command.CommandTree;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.output.Suggestion;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** The entry of {@code meshctl}. */
public final class Main {
    private Main() {}

    /** Runs a command line and ends the process with its exit code. */
    public static void main(String[] args) {
        // What libraries log is not for the user of a command; failures reach him as errors.
        System.setProperty("java.util.logging.config.class", NoLogging.class.getName());
        Environment environment = Environment.ofProcess();
        int code;
        try (Context context = Context.of(environment)) {
            code = run(args, context);
        }
        System.exit(code);
    }

    /** Runs a command line in the given context and returns its exit code. */
    public static int run(String[] args, Context context) {
        CommandLine tree = CommandTree.forArguments(context, args);
        Environment environment = context.environment();
        tree.setOut(new PrintWriter(environment.out(), true, StandardCharsets.UTF_8));
        tree.setErr(new PrintWriter(environment.err(), true, StandardCharsets.UTF_8));
        boolean colour = environment.terminals().out() && environment.variable("NO_COLOR").isEmpty();
        tree.setColorScheme(CommandLine.Help.defaultColorScheme(
                colour ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
        tree.setUsageHelpWidth(Math.clamp(environment.width(), 60, 120));
        Console console = new Console(environment, requestedFormat(args));
        tree.setParameterExceptionHandler((failure, wrong) -> report(console, usage(failure)));
        tree.setExecutionExceptionHandler((failure, command, parsed) -> {
            boolean debug = List.of(args).contains("--debug");
            if (debug) {
                failure.printStackTrace(environment.err());
            }
            return report(console, inWords(failure, debug));
        });
        if (args.length == 0) {
            tree.usage(tree.getErr());
            return ExitCode.USAGE;
        }
        return tree.execute(args);
    }

    private static int report(Console console, CliError error) {
        console.error(error);
        return error.exitCode();
    }

    private static CliError inWords(Exception failure, boolean debug) {
        if (failure instanceof CliError error) {
            return error;
        }
        if (failure instanceof InterruptedException) {
            return CliError.failed("interrupted").exit(ExitCode.INTERRUPTED);
        }
        CliError error = CliError.failed("meshctl met an error of its own").because(failure.toString()).from(failure);
        return debug ? error : error.next("run it again with --debug and report what it prints");
    }

    private static CliError usage(CommandLine.ParameterException failure) {
        CommandSpec spec = failure.getCommandLine().getCommandSpec();
        String help = spec.qualifiedName() + " --help";
        if (failure instanceof CommandLine.UnmatchedArgumentException unmatched) {
            return unmatched(unmatched.getUnmatched().getFirst(), spec, help);
        }
        if (failure.getArgSpec() != null && failure.getArgSpec().type() == OutputFormat.class) {
            return wrongFormat(String.valueOf(failure.getValue()));
        }
        String message = String.valueOf(failure.getMessage());
        if (failure.getCause() instanceof CliError error) {
            return error;
        }
        return CliError.usage(decapitalised(inPlainWords(message))).at(spec.qualifiedName()).next(help);
    }

    private static CliError wrongFormat(String typed) {
        List<String> formats = Arrays.stream(OutputFormat.values()).map(OutputFormat::toString).toList();
        CliError error = CliError.usage("there is no output format \"" + typed + "\"")
                .because("formats: " + String.join(", ", formats));
        return Suggestion.nearest(typed, formats).map(near -> error.next("did you mean \"-o " + near + "\"?")).orElse(error);
    }

    private static CliError unmatched(String typed, CommandSpec spec, String help) {
        boolean option = typed.startsWith("-");
        List<String> candidates = new ArrayList<>();
        if (option) {
            spec.options().forEach(o -> candidates.addAll(List.of(o.names())));
        } else {
            candidates.addAll(spec.subcommands().keySet());
        }
        String name = option ? typed.split("=", 2)[0] : typed;
        Optional<String> near = Suggestion.nearest(name, candidates)
                .or(() -> Optional.of(name.replaceFirst("^--", "")).filter(spec.subcommands()::containsKey));
        String kind = option ? "unknown option" : spec.subcommands().isEmpty() ? "unexpected argument" : "unknown command";
        return CliError.usage(kind + " \"" + name + "\"").at(spec.qualifiedName())
                .next(near.map(n -> "did you mean \"" + n + "\"? See: " + help).orElse(help));
    }

    // Picocli names the Java type that it could not make of the text.
    private static String inPlainWords(String message) {
        return message.replaceFirst(" is not an? (int|long)$", " is not a whole number")
                .replaceFirst(" is not a double$", " is not a number");
    }

    private static String decapitalised(String text) {
        return text.isEmpty() ? text : text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }

    // Errors of parsing must be told in the wanted format too, so it is looked for before parsing.
    private static OutputFormat requestedFormat(String[] args) {
        for (int i = 0; i < args.length && !args[i].equals("--"); i++) {
            String value = "";
            if ((args[i].equals("-o") || args[i].equals("--output")) && i + 1 < args.length) {
                value = args[i + 1];
            } else if (args[i].startsWith("--output=")) {
                value = args[i].substring("--output=".length());
            } else if (args[i].startsWith("-o")) {
                value = args[i].substring(2).replaceFirst("^=", "");
            }
            for (OutputFormat format : OutputFormat.values()) {
                if (format.toString().equalsIgnoreCase(value)) {
                    return format;
                }
            }
        }
        return OutputFormat.TABLE;
    }
}
