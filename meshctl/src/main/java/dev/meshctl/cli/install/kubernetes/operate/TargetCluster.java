package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.apply.Applier;
import dev.meshctl.cli.install.kubernetes.apply.Pacing;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoints;
import java.time.Duration;

/**
 * One cluster that is worked on.
 *
 * @param cluster its name in the fleet
 * @param patience with what each step waits for
 * @param actor who does it, for the checkpoint
 */
public record TargetCluster(String cluster, ClusterApi api, Pacing pacing, Duration patience, String actor) {
    /** How long each step waits unless told otherwise: an image is pulled, a container starts, three times over. */
    public static final Duration PATIENCE = Duration.ofMinutes(5);

    public Checkpoints checkpoints() {
        return new Checkpoints(api, pacing);
    }

    Applier applier() {
        return new Applier(cluster, api, pacing, patience);
    }
}
