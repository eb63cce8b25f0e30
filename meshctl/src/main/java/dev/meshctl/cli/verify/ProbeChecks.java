package dev.meshctl.cli.verify;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.HostScope;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.proxy.ProbeRequest;
import dev.meshctl.api.proto.proxy.ProbeResult;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** MV05: real calls, from the probe workload of a proxy to the probe workload of the same or another cluster. */
final class ProbeChecks {
    static final ServiceName PROBE =
            new ServiceName(SystemIdentity.PROBE.serviceAccount(), SpiffeId.SYSTEM_NAMESPACE);
    private static final int CALLS = 3;

    private ProbeChecks() {}

    static void plan(Plan plan, ClusterFacts facts) {
        plan.add(Check.MV0501, facts, () -> probe(facts, facts.name(), facts.cluster().trustDomain()));
    }

    static void planLink(Plan plan, ClusterFacts facts, LinkView link) {
        plan.add(Check.MV0502, facts, link.getPeer(),
                () -> probe(facts, link.getPeer(), new TrustDomain(link.getTrustDomain())));
    }

    private static Finding probe(ClusterFacts facts, String target, TrustDomain targetDomain)
            throws UnavailableException {
        if (!facts.cluster().isLocal()) {
            return Finding.skipped("on Kubernetes each pod has a proxy of its own, and none hosts a probe for all");
        }
        String url = "http://" + PROBE.in(new HostScope.Cluster(target)) + "/";
        List<ProbeResult> results;
        try {
            results = facts.connections().proxy(facts.cluster())
                    .withDeadlineAfter(facts.deadlineMs(), TimeUnit.MILLISECONDS)
                    .probe(ProbeRequest.newBuilder().setUrl(url).setCount(CALLS)
                            .setTimeoutMs((int) (facts.deadlineMs() / (CALLS + 1))).build())
                    .getResultsList();
        } catch (io.grpc.StatusRuntimeException e) {
            throw new UnavailableException("the proxy of " + facts.name() + " does not make the call", e);
        }
        return judge(facts.name(), target, SpiffeId.of(targetDomain, SystemIdentity.PROBE), url, results);
    }

    /** Every call must have been answered, by the right cluster, under the right identity, the right way. */
    static Finding judge(String from, String target, SpiffeId expected, String url, List<ProbeResult> results) {
        boolean remote = !from.equals(target);
        String hint = remote ? "meshctl link list --cluster " + from : "meshctl proxy list --cluster " + from;
        if (results.isEmpty()) {
            return Finding.unknown("the proxy made no call to " + url, hint);
        }
        for (ProbeResult result : results) {
            String wrong = wrong(result, target, expected, remote);
            if (!wrong.isEmpty()) {
                return Finding.fail(url + ": " + wrong, hint);
            }
        }
        double bestMs = results.stream().mapToLong(ProbeResult::getDurationUs).min().orElse(0) / 1000.0;
        ProbeResult last = results.getLast();
        return Finding.pass(String.format(Locale.ROOT, "%d calls, %s, served by %s%s, fastest %.1f ms", results.size(),
                last.getPeerIdentity(), last.getServedBy(), remote ? " through the gateways" : "", bestMs));
    }

    private static String wrong(ProbeResult result, String target, SpiffeId expected, boolean remote) {
        if (!result.getError().isEmpty()) {
            return result.getError() + (result.getStatus() == 0 ? "" : " (status " + result.getStatus() + ")");
        }
        if (result.getStatus() != 200) {
            return "status " + result.getStatus();
        }
        String servedBy = result.getServedBy().split("/", 2)[0];
        if (!servedBy.equals(target)) {
            return "served by \"" + result.getServedBy() + "\" instead of " + target;
        }
        if (!result.getPeerIdentity().equals(expected.toString())) {
            return "the server is \"" + result.getPeerIdentity() + "\" instead of " + expected;
        }
        if (result.getViaGateway() != remote) {
            return remote ? "the call did not go through the gateways" : "the call went through a gateway";
        }
        return "";
    }
}
