package dev.meshctl.cli.command;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Signals;
import dev.meshctl.cli.output.Console;
import java.util.List;
import picocli.CommandLine.Option;

/** Options of commands that change something; a mixin. */
public final class ChangeOptions {
    @Option(names = {"-y", "--yes"}, description = "do not ask")
    boolean yes;

    @Option(names = "--dry-run", description = "show what would be done, and do nothing")
    boolean dryRun;

    public boolean isDryRun() {
        return dryRun;
    }

    /**
     * Shows what will be touched, and asks where there is somebody to ask.
     *
     * @return false for a dry run: do nothing
     * @throws CliError if the answer is no
     */
    public boolean confirm(Console console, String title, List<String> touched) {
        if (dryRun) {
            console.note("would " + title);
            touched.forEach(line -> console.note("  " + line));
            return false;
        }
        if (yes) {
            return true;
        }
        if (!console.isInteractive()) {
            throw CliError.usage("this would " + title + ", and there is no terminal to ask on").next("add --yes");
        }
        console.err("This will " + title + ":");
        touched.forEach(line -> console.err("  " + line));
        if (!asked(console)) {
            throw CliError.failed("nothing was changed").because("the answer was no");
        }
        return true;
    }

    private static boolean asked(Console console) {
        try (Signals.Registration interrupt = Signals.onInterrupt(() -> {
            console.interrupted();
            console.err("nothing was changed");
        })) {
            return console.ask("Go on?");
        }
    }
}
