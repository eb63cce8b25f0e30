package dev.meshctl.cli.command.traffic;

import dev.meshctl.cli.Context;
import picocli.CommandLine.Command;

/** {@code traffic resume}. */
@Command(name = "resume", description = "Let a paused or held shift go on.")
final class TrafficResumeCommand extends ShiftControl {
    TrafficResumeCommand(Context context) {
        super(context, "resume", "resumed");
    }
}
