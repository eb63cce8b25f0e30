package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ApiErrors;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoints;
import dev.meshctl.cli.install.kubernetes.checkpoint.Deployed;
import dev.meshctl.cli.install.kubernetes.checkpoint.GivenValues;
import dev.meshctl.cli.install.kubernetes.checkpoint.Release;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.verify.Result;
import dev.meshctl.kubernetes.failure.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Moves a mesh to another version or other values: in place, or by a second control plane beside the first. */
public final class Upgrade {
    private final TargetCluster place;
    private final String cli;
    private final List<Checkpoint> history;
    private final Checkpoint now;

    /**
     * Of what is there.
     *
     * @param cli the version of this meshctl
     * @throws CliError if nothing is installed
     */
    public Upgrade(TargetCluster place, String cli) {
        this.place = place;
        this.cli = cli;
        this.history = new Installer(place).history();
        this.now = Checkpoints.lastGood(history).or(() -> history.isEmpty() ? Optional.empty() : Optional.of(history.getLast()))
                .orElseThrow(() -> CliError.failed("there is nothing to upgrade").at("cluster " + place.cluster())
                        .because("no installation has left a checkpoint there").next("meshctl install --cluster " + place.cluster()));
    }

    /** The promoted control plane, replaced where it is; values that are given go over those of before. */
    public Wanted inPlace(String to, GivenValues over, Conflicts conflicts) {
        Deployed old = now.release().promoted();
        Deployed changed = new Deployed(old.revision(), true, to, old.given().with(over));
        return wanted(Stream.concat(others(old.revision()), Stream.of(changed)).toList(), "upgrade to " + to, conflicts);
    }

    /** A second control plane beside the promoted one; namespaces choose it by the label {@code meshctl.dev/revision}. */
    public Wanted beside(String revision, String to, GivenValues over, Conflicts conflicts) {
        if (now.release().promoted().revision().equals(revision)) {
            throw CliError.usage("revision \"" + revision + "\" is the promoted one").at("cluster " + place.cluster())
                    .next("take another name, or leave --revision away to upgrade it in place");
        }
        GivenValues given = now.release().revision(revision).map(Deployed::given)
                .orElse(now.release().promoted().given()).with(over);
        Deployed added = new Deployed(revision, false, to, given);
        return wanted(Stream.concat(others(revision), Stream.of(added)).toList(), "upgrade to " + to + " as revision " + revision,
                conflicts);
    }

    /** Makes a revision the promoted one. What all revisions share is as it wants it from then on. */
    public Wanted promote(String revision, Conflicts conflicts) {
        Deployed chosen = require(revision);
        List<Deployed> revisions = new ArrayList<>(others(revision).map(each -> each.withPromoted(false)).toList());
        revisions.add(chosen.withPromoted(true));
        return wanted(revisions, "promote revision " + revision, conflicts);
    }

    /** Takes a revision away that nobody needs any more. */
    public Wanted without(String revision, Conflicts conflicts) {
        if (require(revision).promoted()) {
            throw CliError.failed("revision \"" + revision + "\" is the promoted one").at("cluster " + place.cluster())
                    .because("it serves all namespaces that name no revision").next("meshctl upgrade --promote --revision OTHER");
        }
        return wanted(others(revision).toList(), "remove revision " + revision, conflicts);
    }

    private Deployed require(String revision) {
        return now.release().revision(revision).orElseThrow(() -> CliError.failed("there is no revision \"" + revision + "\"")
                .at("cluster " + place.cluster()).because("there are: " + String.join(", ",
                        now.release().revisions().stream().map(Deployed::revision).toList()))
                .next("meshctl upgrade --revision " + revision));
    }

    private Stream<Deployed> others(String revision) {
        return now.release().revisions().stream().filter(each -> !each.revision().equals(revision));
    }

    private Wanted wanted(List<Deployed> revisions, String what, Conflicts conflicts) {
        return new Wanted(Release.of(place.cluster(), revisions), what, conflicts);
    }

    /** Whether this meshctl can install a version at all; only what stands against it. */
    public static List<Finding> unsupported(String cli, String version) {
        return Skew.check(cli, "", version, Map.of()).stream().filter(Finding::blocks).toList();
    }

    /** Whether the versions go together, as findings beside those of the pre-checks. */
    public List<Finding> skew(Wanted wanted) {
        List<Finding> findings = new ArrayList<>(ownSkew(wanted));
        // The gateway, which linked meshes speak with, is of the promoted revision.
        findings.addAll(linkSkew(place, now.release().promoted().version(), wanted.release().promoted().version()));
        return findings;
    }

    static List<Finding> linkSkew(TargetCluster place, String from, String to) {
        if (from.equals(to)) {
            return List.of();
        }
        try {
            return Skew.links(place.cluster(), from, to, LinkedMesh.of(place.api(), place.pacing().instant()));
        } catch (ApiException e) {
            return List.of(new Finding("versions of links", Result.UNKNOWN, "which meshes are linked: " + e.failure().sentence(),
                    ApiErrors.next(e.failure())));
        }
    }

    /** Linked meshes that are not there as it is: what does not work with them is not for a new version to answer for. */
    public static Set<String> linksAway(TargetCluster place) {
        try {
            return LinkedMesh.of(place.api(), place.pacing().instant()).stream().filter(mesh -> !mesh.there())
                    .map(LinkedMesh::cluster).collect(Collectors.toUnmodifiableSet());
        } catch (ApiException e) {
            return Set.of();
        }
    }

    private List<Finding> ownSkew(Wanted wanted) {
        Map<String, Long> proxies;
        try {
            proxies = Proxies.versions(place.api());
        } catch (ApiException e) {
            List<Finding> findings = new ArrayList<>(ownSkew(wanted, Map.of()));
            findings.add(new Finding("versions", Result.UNKNOWN, "which proxies there are: " + e.failure().sentence(),
                    ApiErrors.next(e.failure())));
            return findings;
        }
        return ownSkew(wanted, proxies);
    }

    private List<Finding> ownSkew(Wanted wanted, Map<String, Long> proxies) {
        List<Finding> findings = new ArrayList<>();
        for (Deployed revision : wanted.release().revisions()) {
            Deployed before = now.release().revision(revision.revision()).orElse(now.release().promoted());
            if (!before.version().equals(revision.version()) || wanted.release().revisions().size() == 1) {
                findings.addAll(Skew.check(cli, before.version(), revision.version(),
                        revision.promoted() ? proxies : Map.of()));
            }
        }
        return findings;
    }

    /** The last that worked, which an upgrade that does not work goes back to. */
    public Optional<Checkpoint> wayBack() {
        return Checkpoints.lastGood(history);
    }
}
