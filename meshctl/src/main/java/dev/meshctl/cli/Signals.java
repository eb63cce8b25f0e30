package dev.meshctl.cli;

import dev.meshctl.cli.output.Console;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** Signals to this process. */
public final class Signals {
    private Signals() {}

    /** Puts the former handler back on close. */
    public interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    /** Runs the action on Ctrl-C, then ends the process with {@link ExitCode#INTERRUPTED}. */
    public static Registration onInterrupt(Runnable last) {
        return on("INT", () -> {
            last.run();
            Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
        });
    }

    /**
     * On Ctrl-C says how to go on, then ends the process with {@link ExitCode#INTERRUPTED}.
     *
     * @param state what is left behind, which is never half of something
     * @param next the command that goes on
     */
    public static Registration onInterrupt(Console console, String state, String next) {
        return onInterrupt(() -> {
            console.interrupted();
            console.error(CliError.failed("interrupted").because(state).next(next).exit(ExitCode.INTERRUPTED));
        });
    }

    /**
     * Runs the action on each signal of that name instead of what the JVM does.
     *
     * @param name without SIG: INT, TERM, HUP
     */
    public static Registration on(String name, Runnable action) {
        Signal signal = new Signal(name);
        try {
            SignalHandler former = Signal.handle(signal, received -> action.run());
            return () -> Signal.handle(signal, former);
        } catch (IllegalArgumentException e) {
            // The JVM was told to leave signals alone (-Xrs), or the system has no such signal.
            return () -> {};
        }
    }
}
