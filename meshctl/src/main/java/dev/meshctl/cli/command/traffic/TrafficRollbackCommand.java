package dev.meshctl.cli.command.traffic;

import dev.meshctl.cli.Context;
import picocli.CommandLine.Command;

/** {@code traffic rollback}. */
@Command(name = "rollback", description = "Give all traffic back to the old version, at once.")
final class TrafficRollbackCommand extends ShiftControl {
    TrafficRollbackCommand(Context context) {
        super(context, "rollback", "rolled back");
    }
}
