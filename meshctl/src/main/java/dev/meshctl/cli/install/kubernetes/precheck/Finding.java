package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.verify.Result;

/**
 * How a pre-check came out.
 *
 * @param check its name, as {@code permissions}
 * @param text what was seen; several lines where there are several things
 * @param next what to do about it; empty if nothing
 */
public record Finding(String check, Result result, String text, String next) {
    static Finding pass(String check, String text) {
        return new Finding(check, Result.PASS, text, "");
    }

    static Finding warn(String check, String text, String next) {
        return new Finding(check, Result.WARN, text, next);
    }

    static Finding fail(String check, String text, String next) {
        return new Finding(check, Result.FAIL, text, next);
    }

    /** Whether nothing may be changed as long as this is so. */
    public boolean blocks() {
        return result == Result.FAIL;
    }
}
