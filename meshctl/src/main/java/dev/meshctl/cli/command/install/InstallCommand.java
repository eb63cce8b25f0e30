package dev.meshctl.cli.command.install;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.Signals;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code install}: makes clusters run; again: repairs them. */
@Command(name = "install", description = {
    "Install and start the mesh in clusters of the fleet.",
    "Several clusters are installed at the same time; one that fails stops no other.",
    "Running it again resumes or repairs: what runs is left alone."
})
public final class InstallCommand extends MeshCommand {
    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    InstallCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws InterruptedException {
        List<Cluster> chosen = clusters.several(context());
        List<Cluster> missing = chosen.stream().filter(c -> !context().platform().processes(c).allReady()).toList();
        if (!missing.isEmpty() && !change.confirm(console(), "install", missing.stream().map(InstallCommand::describe).toList())) {
            return ExitCode.OK;
        }
        EachCluster.Outcome<Boolean> outcome;
        try (Signals.Registration interrupt = Signals.onInterrupt(console(), "what is started goes on starting",
                        "meshctl install --cluster " + String.join(",", chosen.stream().map(Cluster::name).toList()));
                Progress progress = console().progress()) {
            outcome = EachCluster.run(chosen, progress, this::install);
        }
        if (console().format().isStructured()) {
            console().data(data(outcome));
        }
        outcome.throwFailure("install");
        return ExitCode.OK;
    }

    private boolean install(Cluster cluster, Progress lane) {
        boolean changed = !change.isDryRun() && context().platform().install(cluster, lane);
        if (changed) {
            context().audit().record(cluster.name(), "install");
            console().note("cluster " + cluster.name() + " is ready");
        } else {
            console().note("cluster " + cluster.name() + " is already installed and ready");
        }
        return changed;
    }

    private static List<Map<String, Object>> data(EachCluster.Outcome<Boolean> outcome) {
        List<Map<String, Object>> results = new ArrayList<>();
        outcome.done().forEach((cluster, changed) -> results.add(result(cluster, changed ? "installed" : "unchanged")));
        outcome.failed().forEach((cluster, error) -> results.add(result(cluster, "failed")));
        return results;
    }

    private static Map<String, Object> result(Cluster cluster, String action) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("cluster", cluster.name());
        result.put("action", action);
        return result;
    }

    private static String describe(Cluster cluster) {
        return "cluster " + cluster.name() + ": trust-bridge, control-plane, federation-gateway, mesh-proxy in "
                + cluster.directory();
    }
}
