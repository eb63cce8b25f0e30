package dev.meshctl.cli.verify;

import java.util.Locale;

/** How a check came out. */
public enum Result {
    PASS,
    WARN,
    FAIL,
    /** The check could not run, so nobody knows. Never taken for a pass. */
    UNKNOWN,
    /** The check does not apply here. */
    SKIPPED;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
