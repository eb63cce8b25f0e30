package dev.meshctl.cli.proxy;

import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.platform.kubernetes.ApiServers;
import dev.meshctl.kubernetes.failure.ApiException;
import java.util.function.Consumer;

/** What the proxies of pods say, as the API server gives it. */
record PodLogs(Cluster cluster, ClusterApi api) {
    private static final int MAX_BYTES = 16 << 20;

    void read(ProxyRef.Sidecar proxy, ProxyLogs.Extent extent, Consumer<String> line) {
        try {
            if (extent.follow()) {
                api.follow(proxy.namespace(), proxy.pod(), PodProxies.CONTAINER, extent.lines(), line);
            } else {
                api.log(proxy.namespace(), proxy.pod(), PodProxies.CONTAINER, extent.lines(), MAX_BYTES, extent.previous())
                        .lines().forEach(line);
            }
        } catch (ApiException e) {
            throw ApiServers.inWords(e.failure(), "cluster " + cluster.name()).from(e);
        }
    }
}
