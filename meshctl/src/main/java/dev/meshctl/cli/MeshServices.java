package dev.meshctl.cli;

import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.connect.MeshConnections;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.operate.KubernetesClusters;
import dev.meshctl.cli.platform.FleetPlatform;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.cli.platform.kubernetes.ClusterApis;
import dev.meshctl.cli.run.MeshWorkloadRunner;
import dev.meshctl.cli.run.WorkloadRunner;
import org.jspecify.annotations.Nullable;

/** The real services; each is made, and its classes loaded, when first asked for. */
final class MeshServices implements Services {
    private final Environment environment;
    private @Nullable Connections connections;

    MeshServices(Environment environment) {
        this.environment = environment;
    }

    @Override
    public synchronized Connections connections() {
        if (connections == null) {
            connections = new MeshConnections(environment);
        }
        return connections;
    }

    @Override
    public Platform platform() {
        return new FleetPlatform(environment);
    }

    @Override
    public KubernetesClusters kubernetes() {
        return new KubernetesClusters() {
            @Override
            public boolean includes(Cluster cluster) {
                return !cluster.isLocal();
            }

            @Override
            public ClusterApi open(Cluster cluster) {
                return ClusterApis.open(environment, cluster);
            }
        };
    }

    @Override
    public WorkloadRunner workloads() {
        return new MeshWorkloadRunner(environment, connections());
    }

    @Override
    public synchronized void close() {
        if (connections != null) {
            connections.close();
        }
    }
}
