package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.Version;
import dev.meshctl.cli.command.install.KubernetesWork.Intent;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoints;
import dev.meshctl.cli.install.kubernetes.checkpoint.Deployed;
import dev.meshctl.cli.install.kubernetes.checkpoint.GivenValues;
import dev.meshctl.cli.install.kubernetes.checkpoint.Release;
import dev.meshctl.cli.install.kubernetes.operate.Companions;
import dev.meshctl.cli.install.kubernetes.operate.Installer;
import dev.meshctl.cli.install.kubernetes.operate.TargetCluster;
import dev.meshctl.cli.install.kubernetes.operate.Upgrade;
import dev.meshctl.cli.install.kubernetes.operate.Wanted;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code install} and {@code plan} are to bring about: the settings that are given, or those of before if none are;
 * never another version than the one that is installed.
 */
final class InstallIntents implements KubernetesWork.Intents {
    private final GivenValues given;
    private final Conflicts conflicts;
    private final List<RenderedObject> companions;

    /** @param crds files with definitions of others */
    InstallIntents(GivenValues given, Conflicts conflicts, List<String> crds, Environment environment) {
        this.given = given;
        this.conflicts = conflicts;
        this.companions = crds.stream()
                .flatMap(file -> Companions.read(file, ValuesOptions.text(file, Companions.MAX_MIB, environment)).stream()).toList();
    }

    @Override
    public Intent of(Cluster cluster, TargetCluster place) {
        List<Checkpoint> history = new Installer(place).history();
        Optional<Checkpoint> last = Checkpoints.lastGood(history)
                .or(() -> history.isEmpty() ? Optional.empty() : Optional.of(history.getLast()));
        List<Deployed> revisions = last.map(before -> changed(cluster, before.release())).orElseGet(() -> List.of(first(cluster)));
        Release release = Release.of(cluster.name(), revisions);
        return new Intent(new Wanted(release, "install", conflicts, companions),
                Upgrade.unsupported(Version.current(), release.promoted().version()));
    }

    /** The first installation in a cluster. */
    Deployed first(Cluster cluster) {
        Deployed first = Deployed.of(Version.current(), inTrustDomain(cluster, given));
        if (!first.promoted()) {
            throw CliError.usage("the first control plane of a cluster is the promoted one").at("cluster " + cluster.name())
                    .because("the values say revision.promoted=false")
                    .next("leave revision out of the values; a second one is added by: meshctl upgrade --revision NAME");
        }
        return first;
    }

    private List<Deployed> changed(Cluster cluster, Release before) {
        if (given.isEmpty()) {
            return before.revisions();
        }
        Deployed promoted = before.promoted();
        List<Deployed> revisions = new ArrayList<>(before.revisions());
        revisions.set(revisions.indexOf(promoted), new Deployed(promoted.revision(), true, promoted.version(),
                inTrustDomain(cluster, given)));
        return revisions;
    }

    /** The trust domain of the fleet, which links and the command line rely on. */
    static GivenValues inTrustDomain(Cluster cluster, GivenValues given) {
        String set = given.read().trustDomain();
        String known = cluster.trustDomain().name();
        if (!set.isEmpty() && !set.equals(known)) {
            throw CliError.usage("the values say trust domain %s, the fleet says %s".formatted(set, known))
                    .at("cluster " + cluster.name()).next("leave trustDomain out of the values, or add the cluster again with"
                            + " --trust-domain " + set);
        }
        return set.equals(known) || known.equals(cluster.name() + ".mesh") ? given : given.with("trustDomain=" + known);
    }
}
