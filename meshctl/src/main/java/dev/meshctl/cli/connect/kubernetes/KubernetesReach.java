package dev.meshctl.cli.connect.kubernetes;

import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.connect.Destination;
import dev.meshctl.cli.connect.Reach;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.render.Installed;
import dev.meshctl.cli.platform.kubernetes.ApiServers;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A cluster on Kubernetes, reached through its API server alone: nothing of the mesh is exposed for it. */
public final class KubernetesReach implements Reach {
    private final Cluster cluster;
    private final KubernetesClient client;
    private final Map<Destination, PodForward> forwards = new HashMap<>();
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
            identity = new AdminSvid(client, cluster, bundles(), forward(new Destination.Part(SystemIdentity.TRUST_BRIDGE)));
        }
        return identity;
    }

    @Override
    public synchronized HostPort address(Destination to) {
        return forward(to).address();
    }

    @Override
    public List<String> replicas(SystemIdentity part) {
        return new ReadyPods(client, cluster, part).names();
    }

    private PodForward forward(Destination to) {
        return forwards.computeIfAbsent(to, this::newForward);
    }

    private PodForward newForward(Destination to) {
        return switch (to) {
            case Destination.Part(SystemIdentity part) -> new PodForward(client, cluster, part.serviceAccount(),
                    Installed.NAMESPACE, new ReadyPods(client, cluster, part)::first, port(part));
            case Destination.Replica replica -> new PodForward(client, cluster, replica.inWords(),
                    Installed.NAMESPACE, replica::pod, port(replica.part()));
            case Destination.InPod pod ->
                new PodForward(client, cluster, pod.inWords(), pod.namespace(), pod::pod, pod.port());
        };
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
    public synchronized String trouble(Destination to) {
        PodForward forward = forwards.get(to);
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
