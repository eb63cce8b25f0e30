package dev.meshctl.cli.platform.kubernetes;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.FleetFile;
import dev.meshctl.cli.fleet.NewName;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.kubernetes.failure.ApiFailure;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

/** Kubernetes clusters. Reads the kubeconfig anew for each use: credentials change. */
public final class KubernetesPlatform implements Platform {
    private final FleetFile fleetFile;
    private final ApiServers apiServers;

    public KubernetesPlatform(Environment environment) {
        this.fleetFile = new FleetFile(environment);
        this.apiServers = new ApiServers(environment);
    }

    @Override
    public Cluster add(NewCluster wanted) {
        if (!(wanted instanceof NewKubernetesCluster cluster)) {
            throw new IllegalArgumentException(wanted.name() + " is no Kubernetes cluster");
        }
        Place.Kubernetes place = apiServers.checked(cluster.name(), cluster.place());
        return fleetFile.update(fleet -> {
            NewName name = NewName.in(fleet, fleetFile, cluster.name(), cluster.trustDomain());
            return fleet.with(new Cluster(name.name(), name.trustDomain(), place,
                    fleetFile.directoryOf(name.name())));
        }).require(cluster.name());
    }

    @Override
    public ClusterProcesses processes(Cluster cluster) {
        try (KubernetesClient client = apiServers.looking(cluster)) {
            return new InstalledPods(client).read();
        } catch (CliError e) {
            return ClusterProcesses.unreachable(e.what() + (e.why().isEmpty() ? "" : ": " + e.why()));
        } catch (KubernetesClientException e) {
            return ClusterProcesses.unreachable(ApiFailure.of(e, "see what runs").why());
        }
    }

    @Override
    public boolean install(Cluster cluster, Progress progress) {
        throw localOnly(cluster, "cannot be installed as a local one is");
    }

    @Override
    public void uninstall(Cluster cluster, Progress progress) {
        throw localOnly(cluster, "cannot be uninstalled as a local one is");
    }

    @Override
    public void hold(Cluster cluster, String component) {
        throw localOnly(cluster, "has no supervisor that could hold " + component);
    }

    @Override
    public void release(Cluster cluster, String component) {
        throw localOnly(cluster, "has no supervisor that could release " + component);
    }

    private static CliError localOnly(Cluster cluster, String why) {
        return CliError.usage("cluster " + cluster.name() + " " + why)
                .because("it runs on Kubernetes (" + cluster.place().platform() + ")").next("meshctl cluster list");
    }
}
