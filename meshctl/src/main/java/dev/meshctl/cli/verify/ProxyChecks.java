package dev.meshctl.cli.verify;

import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.admin.TypeSync;
import dev.meshctl.api.proto.control.HostedWorkload;
import java.util.ArrayList;
import java.util.List;

/** MV03: proxies and what they host. */
final class ProxyChecks {
    private ProxyChecks() {}

    static void plan(Plan plan, ClusterFacts facts) {
        plan.add(Check.MV0301, facts, () -> connected(facts));
        plan.add(Check.MV0302, facts, () -> inSync(facts));
        plan.add(Check.MV0303, facts, () -> ready(facts));
    }

    private static Finding connected(ClusterFacts facts) throws UnavailableException, InterruptedException {
        List<ProxyView> proxies = facts.proxies().getProxiesList();
        List<String> away = proxies.stream().filter(p -> !p.getConnected()).map(ProxyView::getNode).toList();
        String hint = "meshctl proxy list --cluster " + facts.name();
        if (proxies.isEmpty()) {
            return Finding.fail("no proxy has connected", hint);
        }
        if (!away.isEmpty()) {
            return Finding.fail("not connected: " + String.join(", ", away), hint);
        }
        return Finding.pass(proxies.size() + " connected: "
                + String.join(", ", proxies.stream().map(ProxyView::getNode).toList()));
    }

    private static Finding inSync(ClusterFacts facts) throws UnavailableException, InterruptedException {
        List<String> refused = new ArrayList<>();
        List<String> pending = new ArrayList<>();
        int acked = 0;
        for (ProxyView proxy : facts.proxies().getProxiesList()) {
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
            return Finding.skipped("on Kubernetes each pod has a proxy of its own");
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
