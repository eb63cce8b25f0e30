package dev.meshctl.cli.platform.kubernetes;

import dev.meshctl.cli.Environment;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;

/** Opens clusters of the fleet for whoever installs there. */
public final class ClusterApis {
    private ClusterApis() {}

    /**
     * The objects of a cluster, for changes; to be closed.
     *
     * @throws dev.meshctl.cli.CliError if the kubeconfig does not lead to the cluster
     */
    public static ClusterApi open(Environment environment, Cluster cluster) {
        return new ClusterApi(new ApiServers(environment).client(cluster));
    }
}
