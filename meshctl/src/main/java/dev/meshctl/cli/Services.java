package dev.meshctl.cli;

import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.install.kubernetes.operate.KubernetesClusters;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.cli.run.WorkloadRunner;

/** What commands work with, made when first asked for; a test gives its own. */
public interface Services extends AutoCloseable {
    Connections connections();

    Platform platform();

    WorkloadRunner workloads();

    /** The way to the API servers of the fleet. */
    default KubernetesClusters kubernetes() {
        return KubernetesClusters.none();
    }

    @Override
    void close();
}
