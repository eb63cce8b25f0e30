package dev.meshctl.cli.verify;

import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.cli.CliError;
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
    }

    private static Finding connected(ClusterFacts facts) throws UnavailableException, InterruptedException {
        StatusResponse status = facts.status();
        if (!status.getGatewayProblem().isEmpty()) {
            return Finding.fail("other clusters cannot dial the gateway: " + status.getGatewayProblem(),
                    "kubectl get service --namespace mesh-system federation-gateway");
        }
        return status.getGatewayConnected()
                ? Finding.pass("reachable at " + String.join(", ", status.getGatewayAddressesList()))
                : Finding.fail("the federation gateway has no session with the control plane",
                        "meshctl status --cluster " + facts.name());
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
