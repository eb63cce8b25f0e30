package dev.meshctl.cli.command.traffic;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.traffic.Shifts;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code traffic pause}. */
@Command(name = "pause", description = "Hold a shift where it is.")
final class TrafficPauseCommand extends MeshCommand {
    @Parameters(paramLabel = "SERVICE", description = "NAME.NAMESPACE")
    String service;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    TrafficPauseCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        ServiceName name = namespace.service(service);
        Shifts shifts = new Shifts(new ControlPlane(context().connections(), clusters.one(context())));
        Shifts.Seen seen = shifts.require(name);
        if (change.confirm(console(), "pause the shift of " + name,
                List.of(seen.phase() + ", " + seen.weight() + " % to " + seen.to()))) {
            shifts.control(name, "pause");
            context().audit().record(clusters.one(context()).name(), "traffic pause " + name);
            console().note("shift of " + name + " paused");
        }
        return ExitCode.OK;
    }
}
