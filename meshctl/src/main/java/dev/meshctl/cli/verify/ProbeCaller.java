package dev.meshctl.cli.verify;

import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.proxy.ProbeRequest;
import dev.meshctl.api.proto.proxy.ProbeResult;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc.ProxyAdminBlockingStub;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.connect.Destination;
import dev.meshctl.cli.connect.RpcFailure;
import dev.meshctl.cli.proxy.ProxyRef;
import dev.meshctl.cli.verify.ProbeChecks.Target;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A proxy that makes calls.
 *
 * @param name empty: the one of a local cluster
 * @param calls that it makes
 * @param patienceMs with it
 */
record ProbeCaller(String name, ClusterFacts facts, Supplier<ProxyAdminBlockingStub> proxy, int calls, long patienceMs) {
    private static final int CALLS = 3;
    private static final int PODS = 2;
    private static final long LEAST_MS = 1_000;

    /**
     * Those of a cluster: its one proxy, or of those that are connected the first of each namespace, two at most.
     *
     * @throws UnavailableException if it cannot be told which there are
     */
    static List<ProbeCaller> of(ClusterFacts facts) throws UnavailableException, InterruptedException {
        if (facts.cluster().isLocal()) {
            return List.of(new ProbeCaller("", facts, () -> facts.connections().proxy(facts.cluster()), CALLS, facts.deadlineMs()));
        }
        Map<String, Destination.InPod> byNamespace = new LinkedHashMap<>();
        List<Destination.InPod> others = new ArrayList<>();
        facts.proxies().stream().filter(ProxyView::getConnected)
                .flatMap(view -> ProxyRef.Sidecar.of(facts.cluster(), view.getNode(), view.getIdentity()).stream())
                .map(ProxyRef.Sidecar::destination).forEach(pod -> {
            if (byNamespace.putIfAbsent(pod.namespace(), pod) != null) {
                others.add(pod);
            }
        });
        List<Destination.InPod> chosen = new ArrayList<>(byNamespace.values());
        chosen.addAll(others);
        int number = Math.min(PODS, chosen.size());
        return chosen.stream().limit(PODS).map(pod -> new ProbeCaller(pod.namespace() + "/" + pod.pod(), facts,
                () -> facts.connections().proxy(facts.cluster(), pod), CALLS, facts.deadlineMs() / number)).toList();
    }

    /**
     * What the calls say; unknown if none could be made. They follow one another, and each may take what time is left: a
     * first one that is slow, as on a busy node, is an answer nevertheless. What came by then is judged.
     */
    Finding call(Target target, String hint) {
        long began = System.nanoTime();
        try {
            ProxyAdminBlockingStub asked = proxy.get();
            List<ProbeResult> results = new ArrayList<>();
            for (int call = 0; call < calls; call++) {
                long leftMs = patienceMs - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
                if (call > 0 && (leftMs < LEAST_MS || results.isEmpty() || !results.getLast().getError().isEmpty())) {
                    break;
                }
                results.addAll(asked.withDeadlineAfter(leftMs, TimeUnit.MILLISECONDS)
                        .probe(ProbeRequest.newBuilder().setUrl(target.url()).setCount(1)
                                .setTimeoutMs((int) (leftMs * 3 / 4)).build())
                        .getResultsList());
            }
            return ProbeChecks.judge(name, target, results, hint);
        } catch (StatusRuntimeException e) {
            return Finding.unknown("the proxy " + (name.isEmpty() ? "of " + facts.name() : "of pod " + name)
                    + " does not make the call (" + RpcFailure.reason(e) + ")", "meshctl proxy list --cluster " + facts.name());
        } catch (CliError e) {
            return Finding.unknown(e.what() + (e.why().isEmpty() ? "" : ": " + e.why()), e.next());
        }
    }
}
