package dev.meshctl.cli.verify;

import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.admin.TypeSync;
import dev.meshctl.api.proto.control.HostedWorkload;
import java.util.ArrayList;
import java.util.List;

/** MV03: proxies and what they host. */
final class ProxyChecks {
    /** On Kubernetes the control plane knows of each pod that runs with a proxy, connected or not. */
    static final String NO_PROXIES = "no running pod has a proxy";
    private static final int SHOWN = 8;

    private ProxyChecks() {}

    static void plan(Plan plan, ClusterFacts facts) {
        plan.add(Check.MV0301, facts, () -> connected(facts));
        plan.add(Check.MV0302, facts, () -> inSync(facts));
        plan.add(Check.MV0303, facts, () -> ready(facts));
    }

    private static Finding connected(ClusterFacts facts) throws UnavailableException, InterruptedException {
        List<ProxyView> proxies = facts.proxies();
        List<String> away = proxies.stream().filter(p -> !p.getConnected()).map(ProxyView::getNode).toList();
        String hint = "meshctl proxy list --cluster " + facts.name();
        if (proxies.isEmpty()) {
            return facts.cluster().isLocal() ? Finding.fail("no proxy has connected", hint) : Finding.skipped(NO_PROXIES);
        }
        if (!away.isEmpty()) {
            return Finding.fail(away.size() + " of " + proxies.size() + " not connected: " + some(away), hint);
        }
        return Finding.pass(proxies.size() + " connected: " + some(proxies.stream().map(ProxyView::getNode).toList()));
    }

    private static String some(List<String> names) {
        return String.join(", ", names.stream().limit(SHOWN).toList())
                + (names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "");
    }

    private static Finding inSync(ClusterFacts facts) throws UnavailableException, InterruptedException {
        List<String> refused = new ArrayList<>();
        List<String> pending = new ArrayList<>();
        int acked = 0;
        for (ProxyView proxy : facts.proxies()) {
            for (TypeSync type : proxy.getTypesList()) {
                acked += type.getAcked();
                if (type.getNacked() > 0) {
                    refused.add("%s refuses %d %s: %s".formatted(
                            proxy.getNode(), type.getNacked(), type.getType(), type.getLastNack()));
                }
                if (type.getPending() > 0) {
                    pending.add("%s has not yet confirmed %d %s".formatted(
                            proxy.getNode(), type.getPending(), type.getType()));
                }
            }
        }
        String hint = "meshctl proxy list --cluster " + facts.name();
        if (!refused.isEmpty()) {
            return Finding.fail(String.join("; ", refused), hint);
        }
        return pending.isEmpty()
                ? Finding.pass(acked + " resources confirmed, none pending or refused")
                : Finding.warn(String.join("; ", pending), hint);
    }

    private static Finding ready(ClusterFacts facts) throws UnavailableException, InterruptedException {
        if (!facts.cluster().isLocal()) {
            return Finding.skipped("on Kubernetes the kubelet watches over the readiness of pods, and takes one whose SVID has ended for not ready");
        }
        List<HostedWorkload> workloads = facts.workloads().getWorkloadsList();
        List<String> waiting = workloads.stream()
                .filter(w -> !w.getService().isEmpty() && w.getPortsCount() > 0 && !w.getReady() && !w.getDraining())
                .map(HostedWorkload::getId).toList();
        if (!waiting.isEmpty()) {
            return Finding.warn("not ready: " + String.join(", ", waiting),
                    "meshctl proxy config --cluster " + facts.name());
        }
        return Finding.pass(workloads.size() + " workloads");
    }
}
