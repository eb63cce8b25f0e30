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

/** {@code traffic rollback}. */
@Command(name = "rollback", description = "Give all traffic back to the old version, at once.")
final class TrafficRollbackCommand extends MeshCommand {
    @Parameters(paramLabel = "SERVICE", description = "NAME.NAMESPACE")
    String service;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    TrafficRollbackCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        ServiceName name = namespace.service(service);
        Shifts shifts = new Shifts(new ControlPlane(context().connections(), clusters.one(context())));
        Shifts.Seen seen = shifts.require(name);
        if (change.confirm(console(), "rollback the shift of " + name,
                List.of(seen.phase() + ", " + seen.weight() + " % to " + seen.to()))) {
            shifts.control(name, "rollback");
            context().audit().record(clusters.one(context()).name(), "traffic rollback " + name);
            console().note("shift of " + name + " rolled back");
        }
        return ExitCode.OK;
    }
}
