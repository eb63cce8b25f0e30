package dev.meshctl.cli.connect.kubernetes;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.render.Installed;
import dev.meshctl.cli.platform.kubernetes.ApiServers;
import dev.meshctl.kubernetes.failure.ApiFailure;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The bundle that the trust bridge publishes in its namespace. Whoever may write that ConfigMap could pretend to be
 * the mesh; that right is the trust bridge's and the cluster's administrators', who could replace the mesh as well.
 */
final class PublishedBundle {
    private PublishedBundle() {}

    static Bundles read(KubernetesClient client, Cluster cluster) {
        ConfigMap map;
        try {
            map = client.configMaps().inNamespace(Installed.NAMESPACE).withName(Installed.BUNDLE_MAP).get();
        } catch (KubernetesClientException e) {
            throw ApiServers.inWords(ApiFailure.of(e, "read the bundle of the mesh"), "cluster " + cluster.name()).from(e);
        }
        if (map == null) {
            throw CliError.failed("cluster " + cluster.name() + " is not installed")
                    .because("it has no ConfigMap " + Installed.NAMESPACE + "/" + Installed.BUNDLE_MAP)
                    .next("meshctl install --cluster " + cluster.name());
        }
        String document = map.getData() == null ? null : map.getData().get(Installed.BUNDLE_KEY);
        if (document == null || document.isEmpty()) {
            throw CliError.failed("cluster " + cluster.name() + " has no bundle yet")
                    .because("its trust bridge has not published one in ConfigMap " + Installed.NAMESPACE + "/"
                            + Installed.BUNDLE_MAP)
                    .next("meshctl status --cluster " + cluster.name());
        }
        try {
            return new Bundles(Map.of(cluster.trustDomain(),
                    SpiffeJson.read(cluster.trustDomain(), document.getBytes(StandardCharsets.UTF_8))));
        } catch (IllegalArgumentException e) {
            throw CliError.failed("cannot read the bundle of cluster " + cluster.name())
                    .at("ConfigMap " + Installed.NAMESPACE + "/" + Installed.BUNDLE_MAP)
                    .because(String.valueOf(e.getMessage())).next("meshctl trust status --cluster " + cluster.name()).from(e);
        }
    }
}
