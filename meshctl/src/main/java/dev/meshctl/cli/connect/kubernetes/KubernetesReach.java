package dev.meshctl.cli.connect.kubernetes;

import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.connect.Reach;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.render.Installed;
import dev.meshctl.cli.platform.kubernetes.ApiServers;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A cluster on Kubernetes, reached through its API server alone: nothing of the mesh is exposed for it. */
public final class KubernetesReach implements Reach {
    private final Cluster cluster;
    private final KubernetesClient client;
    private final Map<SystemIdentity, PodForward> forwards = new EnumMap<>(SystemIdentity.class);
    private @Nullable Bundles bundles;
    private @Nullable AdminSvid identity;

    /** @throws CliError if the kubeconfig does not lead to the cluster */
    public KubernetesReach(Environment environment, Cluster cluster) {
        this.cluster = cluster;
        this.client = new ApiServers(environment).client(cluster);
    }

    @Override
    public synchronized BundleSource bundles() {
        Bundles known = bundles;
        if (known == null) {
            known = PublishedBundle.read(client, cluster);
            bundles = known;
        }
        Bundles read = known;
        return () -> read;
    }

    @Override
    public synchronized SvidSource identity() {
        if (identity == null) {
            identity = new AdminSvid(client, cluster, bundles(), forward(SystemIdentity.TRUST_BRIDGE));
        }
        return identity;
    }

    @Override
    public synchronized HostPort address(SystemIdentity part) {
        return forward(part).address();
    }

    private PodForward forward(SystemIdentity part) {
        return forwards.computeIfAbsent(part, p -> new PodForward(client, cluster, p, port(p)));
    }

    private static int port(SystemIdentity part) {
        return switch (part) {
            case CONTROL_PLANE -> Installed.API_PORT;
            case TRUST_BRIDGE -> Installed.SIGNING_PORT;
            case FEDERATION_GATEWAY, PROXY, PROBE, ADMIN ->
                throw new IllegalArgumentException(part.serviceAccount() + " has no API for the CLI on Kubernetes");
        };
    }

    @Override
    public synchronized String trouble(SystemIdentity part) {
        PodForward forward = forwards.get(part);
        return forward == null ? "" : forward.trouble();
    }

    @Override
    public synchronized void close() {
        // Closes what is left as well when one of them does not close well.
        try (client) {
            forwards.values().forEach(PodForward::close);
        } finally {
            forwards.clear();
        }
    }
}
