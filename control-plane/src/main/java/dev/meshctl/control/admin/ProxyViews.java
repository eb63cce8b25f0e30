package dev.meshctl.control.admin;

import dev.meshctl.api.proto.admin.ListProxiesResponse;
import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.control.distribute.ConfigDistributor;
import dev.meshctl.control.distribute.ConnectedProxy;
import dev.meshctl.control.registry.NodeView;
import dev.meshctl.control.registry.WorkloadRegistry;
import java.util.Map;
import java.util.TreeMap;

/** The proxies: those that are connected, and those that were and whose workloads are still registered. */
final class ProxyViews {
    private final WorkloadRegistry registry;
    private final ConfigDistributor distributor;

    ProxyViews(WorkloadRegistry registry, ConfigDistributor distributor) {
        this.registry = registry;
        this.distributor = distributor;
    }

    ListProxiesResponse list() {
        Map<String, ProxyView.Builder> views = new TreeMap<>();
        for (NodeView node : registry.nodes()) {
            views.put(node.node(), ProxyView.newBuilder()
                    .setNode(node.node())
                    .setIdentity(node.identity())
                    .setSinceEpochMs(node.since().toEpochMilli())
                    .setVersion(node.proxyVersion())
                    .addAllWorkloads(node.workloads().stream().map(HostedWorkload::getId).sorted().toList()));
        }
        for (ConnectedProxy proxy : distributor.connected()) {
            views.computeIfAbsent(proxy.node(), n -> ProxyView.newBuilder().setNode(n))
                    .setConnected(true)
                    .setIdentity(proxy.identity())
                    .setSinceEpochMs(proxy.since().toEpochMilli())
                    .addAllTypes(proxy.types());
        }
        return ListProxiesResponse.newBuilder()
                .addAllProxies(views.values().stream().map(ProxyView.Builder::build).toList())
                .build();
    }
}
