package dev.meshctl.cli.command;

import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.verify.Result;

/** How the result of a check looks. */
public final class ResultStyle {
    private ResultStyle() {}

    public static Style of(Result result) {
        return switch (result) {
            case PASS -> Style.GOOD;
            case WARN, UNKNOWN -> Style.WARN;
            case FAIL -> Style.BAD;
            case SKIPPED -> Style.DIM;
        };
    }
}
