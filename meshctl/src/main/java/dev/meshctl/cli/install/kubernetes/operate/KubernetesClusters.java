package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.fleet.Cluster;
import io.fabric8.kubernetes.client.KubernetesClient;

/** Leads from the fleet to API servers. */
public interface KubernetesClusters {
    /** Whether a cluster runs on Kubernetes; asks nobody. */
    boolean includes(Cluster cluster);

    /**
     * A client for changes; to be closed.
     *
     * @throws dev.meshctl.cli.CliError if there is no way to the cluster, as for a context that is not there
     */
    KubernetesClient client(Cluster cluster);

    /** Of a fleet that has local clusters only. */
    static KubernetesClusters none() {
        return new KubernetesClusters() {
            @Override
            public boolean includes(Cluster cluster) {
                return false;
            }

            @Override
            public KubernetesClient client(Cluster cluster) {
                throw new IllegalArgumentException(cluster.name() + " is no Kubernetes cluster");
            }
        };
    }
}
