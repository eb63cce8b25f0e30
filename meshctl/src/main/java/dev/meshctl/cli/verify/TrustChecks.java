package dev.meshctl.cli.verify;

import dev.meshctl.api.proto.admin.BundleDigest;
import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.trust.Authority;
import dev.meshctl.api.proto.trust.BundleStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** MV02: authorities, bundles and SVIDs. */
final class TrustChecks {
    static final Duration WARN_BELOW = Duration.ofDays(30);
    static final Duration FAIL_BELOW = Duration.ofDays(7);

    private TrustChecks() {}

    static void plan(Plan plan, ClusterFacts facts, InstantSource clock) {
        plan.add(Check.MV0201, facts, () -> authority(facts, clock.instant()));
        plan.add(Check.MV0202, facts, () -> sameBundles(facts));
        plan.add(Check.MV0204, facts, () -> svids(facts, clock.instant()));
    }

    static void planLink(Plan plan, ClusterFacts facts, LinkView link, Optional<ClusterFacts> peer) {
        plan.add(Check.MV0203, facts, link.getPeer(), () -> peer.isEmpty()
                ? Finding.skipped(link.getPeer() + " is not in this fleet") : samePeerBundle(facts, peer.get()));
    }

    private static Finding authority(ClusterFacts facts, Instant now)
            throws UnavailableException, InterruptedException {
        List<Authority> authorities = facts.trust().getAuthoritiesList();
        if (authorities.isEmpty()) {
            return Finding.fail("the trust bridge has no authority", "meshctl trust status --cluster " + facts.name());
        }
        Authority first = authorities.getFirst();
        for (Authority authority : authorities) {
            if (authority.getNotAfterEpochSeconds() < first.getNotAfterEpochSeconds()) {
                first = authority;
            }
        }
        Duration left = Duration.between(now, Instant.ofEpochSecond(first.getNotAfterEpochSeconds()));
        String evidence = "%s authority ends in %d days".formatted(first.getKind(), left.toDays());
        String hint = "meshctl trust status --cluster " + facts.name();
        if (left.compareTo(FAIL_BELOW) < 0) {
            return Finding.fail(evidence, hint);
        }
        return left.compareTo(WARN_BELOW) < 0 ? Finding.warn(evidence, hint) : Finding.pass(evidence);
    }

    private static Finding sameBundles(ClusterFacts facts) throws UnavailableException, InterruptedException {
        Map<String, String> atTrustBridge = digests(facts);
        Map<String, String> atControlPlane = new TreeMap<>();
        for (BundleDigest digest : facts.status().getBundlesList()) {
            atControlPlane.put(digest.getTrustDomain(), digest.getDigestSha256());
        }
        if (atTrustBridge.equals(atControlPlane)) {
            return Finding.pass(shown(atTrustBridge));
        }
        return Finding.fail("trust bridge: " + shown(atTrustBridge) + "; control plane: " + shown(atControlPlane),
                "meshctl trust status --cluster " + facts.name());
    }

    private static Finding samePeerBundle(ClusterFacts facts, ClusterFacts peer)
            throws UnavailableException, InterruptedException {
        String domain = facts.cluster().trustDomain().name();
        String own = digests(facts).getOrDefault(domain, "");
        String held = digests(peer).getOrDefault(domain, "");
        if (own.isEmpty()) {
            return Finding.fail("the trust bridge of " + facts.name() + " has no bundle of " + domain,
                    "meshctl trust status --cluster " + facts.name());
        }
        if (held.isEmpty()) {
            return Finding.fail(peer.name() + " has no bundle of " + domain,
                    "meshctl link " + facts.name() + " " + peer.name());
        }
        return own.equals(held)
                ? Finding.pass(domain + " " + abbreviated(own) + " on both sides")
                : Finding.fail("%s is %s at %s but %s at %s".formatted(
                        domain, abbreviated(own), facts.name(), abbreviated(held), peer.name()),
                        "meshctl trust status --cluster " + peer.name());
    }

    private static Finding svids(ClusterFacts facts, Instant now) throws UnavailableException, InterruptedException {
        List<String> ended = new ArrayList<>();
        long soonest = Long.MAX_VALUE;
        if (!facts.cluster().isLocal()) {
            return Finding.skipped("on Kubernetes each pod keeps its own SVID, and is not ready once that has ended");
        }
        List<HostedWorkload> workloads = facts.workloads().getWorkloadsList();
        for (HostedWorkload workload : workloads) {
            long left = workload.getSvidNotAfterEpochSeconds() - now.getEpochSecond();
            soonest = Math.min(soonest, left);
            if (left <= 0) {
                ended.add(workload.getId());
            }
        }
        if (!ended.isEmpty()) {
            return Finding.fail("ended: " + String.join(", ", ended), "meshctl trust status --cluster " + facts.name());
        }
        return workloads.isEmpty()
                ? Finding.skipped("no workload is hosted")
                : Finding.pass("%d SVIDs, the first ends in %d min".formatted(workloads.size(), soonest / 60));
    }

    private static Map<String, String> digests(ClusterFacts facts) throws UnavailableException, InterruptedException {
        Map<String, String> digests = new TreeMap<>();
        for (BundleStatus bundle : facts.trust().getBundlesList()) {
            digests.put(bundle.getTrustDomain(), bundle.getDigestSha256());
        }
        return digests;
    }

    private static String shown(Map<String, String> digests) {
        List<String> parts = new ArrayList<>();
        digests.forEach((domain, digest) -> parts.add(domain + " " + abbreviated(digest)));
        return parts.isEmpty() ? "none" : String.join(", ", parts);
    }

    private static String abbreviated(String digest) {
        return digest.length() > 12 ? digest.substring(0, 12) : digest;
    }
}
