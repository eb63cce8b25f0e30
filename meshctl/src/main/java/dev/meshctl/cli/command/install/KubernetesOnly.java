package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.fleet.Cluster;
import java.util.List;

/** For commands that local clusters have no use for. */
final class KubernetesOnly {
    private KubernetesOnly() {}

    /** @throws CliError if one of them is local */
    static List<Cluster> require(Context context, List<Cluster> clusters, String command) {
        for (Cluster cluster : clusters) {
            if (!context.kubernetes().includes(cluster)) {
                throw CliError.usage("%s is for clusters on Kubernetes".formatted(command)).at("cluster " + cluster.name())
                        .because("a local cluster runs the version of meshctl that started it, and has no history")
                        .next("meshctl install --cluster " + cluster.name());
            }
        }
        return clusters;
    }
}
