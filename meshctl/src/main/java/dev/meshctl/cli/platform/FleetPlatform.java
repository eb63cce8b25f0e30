package dev.meshctl.cli.platform;

import dev.meshctl.cli.Environment;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.platform.kubernetes.KubernetesPlatform;
import dev.meshctl.cli.platform.local.LocalPlatform;

/**
 * The platform of each cluster of the fleet. Classes of Kubernetes are loaded when the first of its clusters is
 * asked for, so that a fleet of local ones starts without them.
 */
public final class FleetPlatform implements Platform {
    private final Environment environment;

    public FleetPlatform(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Cluster add(NewCluster wanted) {
        return switch (wanted) {
            case NewLocalCluster local -> new LocalPlatform(environment).add(local);
            case NewKubernetesCluster kubernetes -> new KubernetesPlatform(environment).add(kubernetes);
        };
    }

    @Override
    public boolean install(Cluster cluster, Progress progress) {
        return of(cluster).install(cluster, progress);
    }

    @Override
    public void uninstall(Cluster cluster, Progress progress) {
        of(cluster).uninstall(cluster, progress);
    }

    @Override
    public ClusterProcesses processes(Cluster cluster) {
        return of(cluster).processes(cluster);
    }

    @Override
    public void hold(Cluster cluster, String component) {
        of(cluster).hold(cluster, component);
    }

    @Override
    public void release(Cluster cluster, String component) {
        of(cluster).release(cluster, component);
    }

    private Platform of(Cluster cluster) {
        return switch (cluster.place()) {
            case Place.Local local -> new LocalPlatform(environment);
            case Place.Kubernetes kubernetes -> new KubernetesPlatform(environment);
        };
    }
}
