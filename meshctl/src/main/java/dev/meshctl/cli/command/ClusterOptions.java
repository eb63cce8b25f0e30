package dev.meshctl.cli.command;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Fleet;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import picocli.CommandLine.Option;

/** Which clusters a command works on; a mixin. */
public final class ClusterOptions {
    @Option(names = "--cluster", paramLabel = "NAME", split = ",",
            description = "the cluster or clusters (default: the current one)")
    List<String> names = new ArrayList<>();

    @Option(names = "--all-clusters", description = "every cluster of the fleet")
    boolean all;

    /** The chosen clusters, at least one, in the order given. */
    public List<Cluster> several(Context context) {
        Fleet fleet = context.fleet();
        if (all) {
            if (!names.isEmpty()) {
                throw CliError.usage("--cluster and --all-clusters exclude each other");
            }
            if (fleet.clusters().isEmpty()) {
                fleet.currentCluster();
            }
            return fleet.clusters();
        }
        return names.isEmpty()
                ? List.of(fleet.currentCluster())
                : new LinkedHashSet<>(names).stream().map(fleet::require).toList();
    }

    /** The chosen clusters; all of the fleet when none was named. */
    public List<Cluster> severalOrAll(Context context) {
        return names.isEmpty() ? context.fleet().clusters() : several(context);
    }

    /** Exactly one cluster. */
    public Cluster one(Context context) {
        List<Cluster> chosen = several(context);
        if (chosen.size() != 1) {
            throw CliError.usage("this command works on one cluster, not on " + chosen.size())
                    .next("name one: --cluster " + chosen.getFirst().name());
        }
        return chosen.getFirst();
    }
}
