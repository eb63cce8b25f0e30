package dev.meshctl.cli.command.traffic;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.command.resource.Applied;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.traffic.Splits;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code traffic split}: fixed shares. */
@Command(name = "split", description = "Give each version of a service a fixed share of its traffic.")
final class TrafficSplitCommand extends MeshCommand {
    @Parameters(index = "0", paramLabel = "SERVICE", description = "NAME.NAMESPACE")
    String service;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "VERSION=PERCENT", description = "must sum to 100")
    List<String> shares;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    TrafficSplitCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Map<String, Integer> weights = Splits.parse(shares);
        ServiceName name = namespace.service(service);
        ControlPlane plane = new ControlPlane(context().connections(), clusters.one(context()));
        Splits splits = new Splits(plane);
        weights.keySet().forEach(version -> splits.requireVersion(name, version));
        List<String> touched = weights.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue() + " %").toList();
        if (change.confirm(console(), "split the traffic of " + name + " in cluster " + plane.cluster().name(), touched)) {
            Object route = splits.route(name, weights);
            List<Applied> applied = plane.apply(List.of(route), false, context().audit().actor()).stream()
                    .map(result -> new Applied(plane.cluster().name(), result)).toList();
            context().audit().record(plane.cluster().name(), "traffic split " + name + " " + weights);
            Applied.print(console(), applied);
        }
        return ExitCode.OK;
    }
}
