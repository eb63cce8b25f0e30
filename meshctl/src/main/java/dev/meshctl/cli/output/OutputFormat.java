package dev.meshctl.cli.output;

import java.util.Locale;

/** What {@code -o} chooses. */
public enum OutputFormat {
    TABLE,
    WIDE,
    JSON,
    YAML,
    NAME,
    /** JUnit XML; only of commands that check something. */
    JUNIT;

    /** True for the formats that a program reads. */
    public boolean isStructured() {
        return this == JSON || this == YAML || this == JUNIT;
    }

    /** The word that is typed. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
