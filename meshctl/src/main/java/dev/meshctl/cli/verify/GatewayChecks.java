package dev.meshctl.cli.verify;

import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.api.version.SemanticVersion;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.link.LinkSkew;
import dev.meshctl.runtime.bundle.TrustBundle;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** MV04: gateways and links. */
final class GatewayChecks {
    private GatewayChecks() {}

    static void plan(Plan plan, ClusterFacts facts) {
        plan.add(Check.MV0401, facts, () -> connected(facts));
    }

    static void planLink(
            Plan plan, ClusterFacts facts, LinkView link, Optional<ClusterFacts> peer, InstantSource clock) {
        plan.add(Check.MV0402, facts, link.getPeer(), () -> active(facts, link, clock.instant()));
        plan.add(Check.MV0403, facts, link.getPeer(), () -> peer.isEmpty()
                ? Finding.skipped(link.getPeer() + " is not in this fleet") : knownToPeer(facts, peer.get()));
        plan.add(Check.MV0404, facts, link.getPeer(), () -> peer.isEmpty()
                ? Finding.skipped(link.getPeer() + " is not in this fleet, so its bundle is not here")
                : reachable(link, peer.get(), clock));
        plan.add(Check.MV0405, facts, link.getPeer(), () -> together(facts, link));
    }

    private static Finding connected(ClusterFacts facts) throws UnavailableException, InterruptedException {
        StatusResponse status = facts.status();
        if (!status.getGatewayConnected()) {
            return Finding.fail("the federation gateway has no session with the control plane",
                    "meshctl status --cluster " + facts.name());
        }
        if (status.getGatewayProblem().isEmpty()) {
            return Finding.pass("reachable at " + String.join(", ", status.getGatewayAddressesList()));
        }
        String hint = "kubectl get service --namespace mesh-system federation-gateway";
        // Nobody misses the address yet, as where a cluster without load balancers is a mesh of its own.
        return facts.links().getLinksCount() == 0
                ? Finding.warn("no other cluster could dial the gateway: " + status.getGatewayProblem(), hint)
                : Finding.fail("other clusters cannot dial the gateway: " + status.getGatewayProblem(), hint);
    }

    private static Finding active(ClusterFacts facts, LinkView link, Instant now) {
        String hint = "meshctl link list --cluster " + facts.name();
        if (!link.getPhase().equalsIgnoreCase("Active")) {
            return Finding.fail(link.getPhase() + (link.getReason().isEmpty() ? "" : ": " + link.getReason()), hint);
        }
        long seen = link.getLastSeenEpochMs();
        String heard = seen == 0 ? "" : ", heard %d s ago".formatted(
                Math.max(0, Duration.between(Instant.ofEpochMilli(seen), now).toSeconds()));
        return Finding.pass(String.format(Locale.ROOT, "Active%s, round trip %.1f ms, %d imported, %d exported",
                heard, link.getRttMs(), link.getImportedServices(), link.getExportedServices()));
    }

    /** Never green where the peer's version is not known: a peer that is away may be of any by now. */
    private static Finding together(ClusterFacts facts, LinkView link) throws UnavailableException, InterruptedException {
        String hint = "meshctl link list --cluster " + facts.name();
        String said = link.getPeerVersion();
        Optional<SemanticVersion> theirs = SemanticVersion.parse(said);
        if (!link.getPhase().equalsIgnoreCase("Active")) {
            return Finding.unknown(link.getPeer() + " is not there"
                    + (theirs.isEmpty() ? "" : "; it was " + said + " when it was heard last"), hint);
        }
        if (theirs.isEmpty()) {
            return Finding.unknown(link.getPeer() + " does not say which version it is of", hint);
        }
        String here = facts.status().getVersion();
        Optional<SemanticVersion> own = SemanticVersion.parse(here);
        if (own.isEmpty()) {
            return Finding.unknown("the control plane of " + facts.name() + " is of version \"" + here
                    + "\", which cannot be compared", "meshctl status --cluster " + facts.name());
        }
        String evidence = "%s is %s, %s is %s".formatted(facts.name(), here, link.getPeer(), said);
        return LinkSkew.allows(own.get(), theirs.get()) ? Finding.pass(evidence)
                : Finding.fail(evidence + "; linked meshes may be " + LinkSkew.MINORS + " minor versions apart",
                        "upgrade " + (own.get().ahead(theirs.get()) > 0 ? link.getPeer() : facts.name()));
    }

    private static Finding knownToPeer(ClusterFacts facts, ClusterFacts peer)
            throws UnavailableException, InterruptedException {
        String hint = "meshctl link " + facts.name() + " " + peer.name();
        for (LinkView link : peer.links().getLinksList()) {
            if (link.getPeer().equals(facts.name())) {
                return link.getPhase().equalsIgnoreCase("Active")
                        ? Finding.pass(peer.name() + " says Active")
                        : Finding.fail(peer.name() + " says " + link.getPhase()
                                + (link.getReason().isEmpty() ? "" : ": " + link.getReason()), hint);
            }
        }
        return Finding.fail(peer.name() + " has no link to " + facts.name(), hint);
    }

    private static Finding reachable(LinkView link, ClusterFacts peer, InstantSource clock)
            throws UnavailableException, InterruptedException {
        List<String> addresses = link.getAddressesCount() > 0
                ? link.getAddressesList() : peer.status().getGatewayAddressesList();
        if (addresses.isEmpty()) {
            return Finding.fail("no address of the gateway of " + peer.name() + " is known",
                    "meshctl status --cluster " + peer.name());
        }
        TrustBundle bundle;
        try {
            bundle = peer.connections().bundle(peer.cluster());
        } catch (CliError e) {
            throw new UnavailableException(peer.name() + ": its bundle cannot be had", e);
        }
        return GatewayDial.dial(addresses, peer.cluster(), bundle, clock, Duration.ofMillis(peer.deadlineMs() / 2));
    }
}
