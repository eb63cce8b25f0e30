package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;

/** Leads from the fleet to API servers. */
public interface KubernetesClusters {
    /** Whether a cluster runs on Kubernetes; asks nobody. */
    boolean includes(Cluster cluster);

    /**
     * The objects of a cluster; to be closed.
     *
     * @throws dev.meshctl.cli.CliError if there is no way to the cluster, as for a context that is not there
     */
    ClusterApi open(Cluster cluster);

    /** Of a fleet that has local clusters only. */
    static KubernetesClusters none() {
        return new KubernetesClusters() {
            @Override
            public boolean includes(Cluster cluster) {
                return false;
            }

            @Override
            public ClusterApi open(Cluster cluster) {
                throw new IllegalArgumentException(cluster.name() + " is no Kubernetes cluster");
            }
        };
    }
}
