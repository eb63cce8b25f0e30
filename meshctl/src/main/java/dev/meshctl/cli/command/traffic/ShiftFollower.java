package dev.meshctl.cli.command.traffic;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.Signals;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.traffic.Shifts;
import java.time.Duration;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** Prints the journal of a shift while it is written. */
final class ShiftFollower {
    private final Console console;
    private final Shifts shifts;

    ShiftFollower(Console console, Shifts shifts) {
        this.console = console;
        this.shifts = shifts;
    }

    int follow(ServiceName service, Duration limit, String again) throws InterruptedException {
        try (Progress progress = console.progress();
                Signals.Registration interrupt = Signals.onInterrupt(() -> console.err(
                        "\nthe shift goes on by itself; follow it: " + again))) {
            Progress.Step step = progress.step("shift of " + service);
            Shifts.Seen seen = shifts.follow(service, limit, entry -> progress.line(line(entry)),
                    now -> step.update(now.phase() + " " + now.weight() + " % to " + now.to() + ", step " + now.step()));
            int code = Shifts.exitCode(seen);
            String text = seen.phase() + (seen.reason().isEmpty() ? "" : ": " + seen.reason());
            if (code == 0) {
                step.done(text);
            } else {
                step.failed(text);
            }
            if (console.format().isStructured()) {
                console.data(seen.resource());
            } else if (code == 4) {
                console.err("next: meshctl traffic resume " + service + ", or meshctl traffic rollback " + service);
            }
            return code;
        }
    }

    /** One event: time, what, detail, and the numbers it was decided by. */
    String line(JsonNode entry) {
        String event = entry.path("event").asString("");
        String time = entry.path("time").asString("");
        Style style = switch (event) {
            case "GatePassed", "Succeeded" -> Style.GOOD;
            case "GateFailed", "Reverted", "Failed" -> Style.BAD;
            case "Held", "Paused" -> Style.WARN;
            default -> Style.PLAIN;
        };
        return "  " + console.paintErr(Style.DIM, time.length() >= 19 ? time.substring(11, 19) : time) + " "
                + console.paintErr(style, String.format(Locale.ROOT, "%-10s", event)) + " "
                + detail(entry);
    }

    // What a gate says of a step has its numbers in it.
    private static String detail(JsonNode entry) {
        String detail = entry.path("detail").asString("");
        return detail.contains(" requests") ? detail : detail + observed(entry.path("observed"));
    }

    private static String observed(JsonNode observed) {
        if (observed.isMissingNode() || observed.isNull()) {
            return "";
        }
        StringBuilder text = new StringBuilder("  (").append(observed.path("requests").asLong(0)).append(" requests");
        if (observed.path("successPercent").isNumber()) {
            text.append(String.format(Locale.ROOT, ", %.1f %% ok", observed.path("successPercent").asDouble()));
        }
        if (observed.path("latencyMs").isNumber()) {
            text.append(String.format(Locale.ROOT, ", %.1f ms", observed.path("latencyMs").asDouble()));
        }
        return text.append(')').toString();
    }
}
