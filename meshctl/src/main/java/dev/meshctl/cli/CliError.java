package dev.meshctl.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A failure as the user reads it: what failed, where, why, and the next command to type. Thrown by the
 * service objects, printed in one place by {@link Main}.
 */
public final class CliError extends RuntimeException {
    private final String what;
    private final String where;
    private final String why;
    private final String next;
    private final int exitCode;

    private CliError(String what, String where, String why, String next, int exitCode, @Nullable Throwable cause) {
        super(why.isEmpty() ? what : what + ": " + why, cause);
        this.what = what;
        this.where = where;
        this.why = why;
        this.next = next;
        this.exitCode = exitCode;
    }

    /** Something did not work; ends with {@link ExitCode#FAILED}. */
    public static CliError failed(String what) {
        return new CliError(what, "", "", "", ExitCode.FAILED, null);
    }

    /** The command line asks for what cannot be; ends with {@link ExitCode#USAGE}. */
    public static CliError usage(String what) {
        return new CliError(what, "", "", "", ExitCode.USAGE, null);
    }

    /** Where it failed: cluster, object, file and line. */
    public CliError at(String place) {
        return new CliError(what, place, why, next, exitCode, getCause());
    }

    public CliError because(String reason) {
        return new CliError(what, where, reason, next, exitCode, getCause());
    }

    /** The next command to type, or what to do by hand. */
    public CliError next(String step) {
        return new CliError(what, where, why, step, exitCode, getCause());
    }

    public CliError exit(int code) {
        return new CliError(what, where, why, next, code, getCause());
    }

    /** Keeps the cause for {@code --debug}. */
    public CliError from(Throwable cause) {
        return new CliError(what, where, why, next, exitCode, cause);
    }

    public String what() {
        return what;
    }

    public String where() {
        return where;
    }

    public String why() {
        return why;
    }

    public String next() {
        return next;
    }

    public int exitCode() {
        return exitCode;
    }

    /** The form for {@code -o json|yaml}; parts that are not known are left out. */
    public Map<String, Object> toData() {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("what", what);
        putIfSet(error, "where", where);
        putIfSet(error, "why", why);
        putIfSet(error, "next", next);
        error.put("exitCode", exitCode);
        return Map.of("error", error);
    }

    private static void putIfSet(Map<String, Object> map, String key, String value) {
        if (!value.isEmpty()) {
            map.put(key, value);
        }
    }
}
