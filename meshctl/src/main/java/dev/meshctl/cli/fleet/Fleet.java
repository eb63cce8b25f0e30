package dev.meshctl.cli.fleet;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.output.Suggestion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All clusters this meshctl knows, and the current one. Immutable; {@link FleetFile} loads and saves it.
 *
 * @param current name of the current cluster, empty if there is none
 */
public record Fleet(String current, List<Cluster> clusters) {
    /** A bound on what one file holds. */
    public static final int MAX_CLUSTERS = 200;

    public static final Fleet EMPTY = new Fleet("", List.of());

    public Fleet {
        clusters = List.copyOf(clusters);
    }

    public Optional<Cluster> find(String name) {
        return clusters.stream().filter(cluster -> cluster.name().equals(name)).findFirst();
    }

    /** The cluster of that name, or an error that names the nearest. */
    public Cluster require(String name) {
        return find(name).orElseThrow(() -> unknown(name));
    }

    private CliError unknown(String name) {
        List<String> names = clusters.stream().map(Cluster::name).toList();
        CliError error = CliError.failed("there is no cluster \"" + name + "\" in the fleet").exit(2);
        if (names.isEmpty()) {
            return error.because("the fleet is empty").next("meshctl cluster add " + name + " --local");
        }
        return error.because("known clusters: " + String.join(", ", names))
                .next(Suggestion.nearest(name, names).map(near -> "did you mean \"" + near + "\"?")
                        .orElse("meshctl cluster list"));
    }

    /** The current cluster; the only one if none was chosen. */
    public Cluster currentCluster() {
        if (!current.isEmpty()) {
            return require(current);
        }
        if (clusters.size() == 1) {
            return clusters.getFirst();
        }
        if (clusters.isEmpty()) {
            throw CliError.usage("the fleet has no cluster").next("meshctl cluster add west --local");
        }
        throw CliError.usage("no cluster chosen")
                .because("the fleet has " + clusters.size() + " clusters and none is current")
                .next("add --cluster NAME, or: meshctl cluster use NAME");
    }

    public Fleet with(Cluster cluster) {
        List<Cluster> changed = new ArrayList<>(clusters);
        changed.removeIf(other -> other.name().equals(cluster.name()));
        changed.add(cluster);
        return new Fleet(current.isEmpty() ? cluster.name() : current, changed);
    }

    public Fleet without(String name) {
        List<Cluster> rest = clusters.stream().filter(cluster -> !cluster.name().equals(name)).toList();
        return new Fleet(current.equals(name) ? "" : current, rest);
    }

    public Fleet using(String name) {
        return new Fleet(require(name).name(), clusters);
    }
}
