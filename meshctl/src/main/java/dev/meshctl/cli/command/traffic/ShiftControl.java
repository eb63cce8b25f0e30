package dev.meshctl.cli.command.traffic;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.traffic.Shifts;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What the commands have in common that steer a shift under way. */
abstract class ShiftControl extends MeshCommand {
    private final String action;
    private final String participle;

    @Parameters(paramLabel = "SERVICE", description = "NAME.NAMESPACE")
    String service;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    /**
     * @param action as the control plane knows it, and as it is asked about
     * @param participle what the shift is afterwards
     */
    ShiftControl(Context context, String action, String participle) {
        super(context);
        this.action = action;
        this.participle = participle;
    }

    @Override
    protected int run() {
        ServiceName name = namespace.service(service);
        Cluster cluster = clusters.one(context());
        Shifts shifts = new Shifts(new ControlPlane(context().connections(), cluster));
        Shifts.Seen seen = shifts.require(name);
        if (change.confirm(console(), action + " the shift of " + name,
                List.of(seen.phase() + ", " + seen.weight() + " % to " + seen.to()))) {
            shifts.control(name, action);
            context().audit().record(cluster.name(), "traffic " + action + " " + name);
            console().note("shift of " + name + " " + participle);
        }
        return ExitCode.OK;
    }
}
