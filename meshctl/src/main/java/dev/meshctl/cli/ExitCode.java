package dev.meshctl.cli;

/** What the process ends with; the same for every command. */
public final class ExitCode {
    /** Done. */
    public static final int OK = 0;
    /** Failed. */
    public static final int FAILED = 1;
    /** The command line is wrong. */
    public static final int USAGE = 2;
    /** Rolled back by a gate. */
    public static final int REVERTED = 3;
    /** A check could not run, so nobody knows; never reported as green. */
    public static final int UNKNOWN = 4;
    /** Of {@code plan}: there is something to change. */
    public static final int CHANGES = 5;
    /** The command to run is there, but is no program, as in a shell. */
    public static final int COMMAND_NOT_EXECUTABLE = 126;
    /** The command to run does not exist, as in a shell. */
    public static final int COMMAND_NOT_FOUND = 127;
    /** Interrupted by the user. */
    public static final int INTERRUPTED = 130;

    private ExitCode() {}
}
