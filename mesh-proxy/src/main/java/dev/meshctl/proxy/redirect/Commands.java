package dev.meshctl.proxy.redirect;

import java.util.List;

/** The tools of the system. */
interface Commands {
    /** What a command left: its exit status, and what it wrote. */
    record Outcome(int status, String output, String errors) {
        boolean ok() {
            return status == 0;
        }
    }

    /** True if there is such a command. */
    boolean exists(String name);

    /**
     * Runs one and waits for its end, for at most ten seconds.
     *
     * @throws RedirectException if it cannot be run, or does not end
     */
    Outcome run(String input, List<String> command) throws RedirectException;
}
