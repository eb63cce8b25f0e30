package dev.meshctl.cli.command.traffic;

import dev.meshctl.cli.Context;
import picocli.CommandLine.Command;

/** {@code traffic pause}. */
@Command(name = "pause", description = "Hold a shift where it is.")
final class TrafficPauseCommand extends ShiftControl {
    TrafficPauseCommand(Context context) {
        super(context, "pause", "paused");
    }
}
