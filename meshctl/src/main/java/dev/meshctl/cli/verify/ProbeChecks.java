package dev.meshctl.cli.verify;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.HostScope;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.proxy.ProbeResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;

/**
 * MV05: real calls to the probe of the same or another cluster. On a local cluster its proxy makes them, in the name of a
 * workload of its own; on Kubernetes some of the sidecars, each in the name of its pod and by the pod's way out.
 */
final class ProbeChecks {
    static final ServiceName PROBE =
            new ServiceName(SystemIdentity.PROBE.serviceAccount(), SpiffeId.SYSTEM_NAMESPACE);

    private ProbeChecks() {}

    static void plan(Plan plan, ClusterFacts facts) {
        plan.add(Check.MV0501, facts, () -> probe(facts, new Target(facts.name(), facts.cluster().trustDomain(),
                facts.cluster().isLocal(), false)));
    }

    static void planLink(Plan plan, ClusterFacts facts, LinkView link, Optional<ClusterFacts> peer) {
        plan.add(Check.MV0502, facts, link.getPeer(), () -> {
            Target target = new Target(link.getPeer(), new TrustDomain(link.getTrustDomain()),
                    peer.isPresent() && peer.get().cluster().isLocal(), true);
            Optional<String> nothing = nothingToCall(facts, target, peer);
            return nothing.isPresent() ? Finding.skipped(nothing.get()) : probe(facts, target);
        });
    }

    /**
     * Whom to call.
     *
     * @param local its probe is a workload of its own; else any pod answers, by its own identity
     */
    record Target(String cluster, TrustDomain trustDomain, boolean local, boolean remote) {
        String url() {
            return "http://" + PROBE.in(new HostScope.Cluster(cluster)) + "/";
        }

        /** Empty if this identity may answer; else why not. The caller has compared it with what its configuration says. */
        private String mismatch(String identity) {
            SpiffeId probe = SpiffeId.of(trustDomain, SystemIdentity.PROBE);
            boolean right = local ? identity.equals(probe.toString()) : identity.startsWith("spiffe://" + trustDomain + "/ns/");
            return right ? "" : "the server is \"" + identity + "\" instead of "
                    + (local ? probe.toString() : "one of " + trustDomain);
        }
    }

    // A cluster that nothing runs in has nothing that could answer, and that is no failure.
    private static Optional<String> nothingToCall(ClusterFacts facts, Target target, Optional<ClusterFacts> peer)
            throws InterruptedException, UnavailableException {
        if (target.local() || facts.ownServices().getServicesList().stream()
                .filter(service -> service.getName().equals(PROBE.name()))
                .flatMap(service -> service.getSourcesList().stream())
                .anyMatch(source -> source.getCluster().equals(target.cluster()))) {
            return Optional.empty();
        }
        if (peer.isEmpty()) {
            return Optional.of(target.cluster() + " offers no probe, and is not in this fleet: nothing there may have a proxy");
        }
        try {
            return peer.get().proxies().isEmpty()
                    ? Optional.of("in " + target.cluster() + " " + ProxyChecks.NO_PROXIES + ", so nothing can answer") : Optional.empty();
        } catch (UnavailableException e) {
            // Nobody says why there is no probe, so a call will show.
            return Optional.empty();
        }
    }

    private static Finding probe(ClusterFacts facts, Target target) throws UnavailableException, InterruptedException {
        String hint = target.remote() ? "meshctl link list --cluster " + facts.name() : "meshctl proxy list --cluster " + facts.name();
        List<ProbeCaller> callers = ProbeCaller.of(facts);
        if (callers.isEmpty()) {
            return facts.proxies().isEmpty() ? Finding.skipped(ProxyChecks.NO_PROXIES + ", so nothing can call")
                    : Finding.unknown("no proxy is connected that could call", "meshctl proxy list --cluster " + facts.name());
        }
        List<Finding> passed = new ArrayList<>();
        List<Finding> unknown = new ArrayList<>();
        for (ProbeCaller caller : callers) {
            Finding finding = caller.call(target, hint);
            switch (finding.result()) {
                case FAIL -> {
                    return finding;
                }
                case PASS -> passed.add(finding);
                default -> unknown.add(finding);
            }
        }
        // One that cannot be asked says nothing about those that could.
        return passed.isEmpty() ? unknown.getFirst()
                : Finding.pass(String.join("; ", passed.stream().map(Finding::evidence).toList()));
    }

    /** Every call must have been answered, by the right cluster, under the right identity, the right way. */
    static Finding judge(String caller, Target target, List<ProbeResult> results, String hint) {
        if (results.isEmpty()) {
            return Finding.unknown("the proxy made no call to " + target.url(), hint);
        }
        for (ProbeResult result : results) {
            String wrong = wrong(result, target);
            if (!wrong.isEmpty()) {
                return Finding.fail((caller.isEmpty() ? "" : "from " + caller + ": ") + target.url() + ": " + wrong, hint);
            }
        }
        double bestMs = results.stream().mapToLong(ProbeResult::getDurationUs).min().orElse(0) / 1000.0;
        String identities = String.join(", ", new TreeSet<>(results.stream().map(ProbeResult::getPeerIdentity).toList()));
        return Finding.pass(String.format(Locale.ROOT, "%d calls%s, %s, served by %s%s, fastest %.1f ms", results.size(),
                caller.isEmpty() ? "" : " from " + caller, identities, results.getLast().getServedBy(),
                target.remote() ? " through the gateways" : "", bestMs));
    }

    private static String wrong(ProbeResult result, Target target) {
        if (!result.getError().isEmpty()) {
            return result.getError() + (result.getStatus() == 0 ? "" : " (status " + result.getStatus() + ")");
        }
        if (result.getStatus() != 200) {
            return "status " + result.getStatus();
        }
        String servedBy = result.getServedBy().split("/", 2)[0];
        if (!servedBy.equals(target.cluster())) {
            return "served by \"" + result.getServedBy() + "\" instead of " + target.cluster();
        }
        String mismatch = target.mismatch(result.getPeerIdentity());
        if (!mismatch.isEmpty()) {
            return mismatch;
        }
        if (result.getViaGateway() != target.remote()) {
            return target.remote() ? "the call did not go through the gateways" : "the call went through a gateway";
        }
        return "";
    }
}
