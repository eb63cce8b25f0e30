package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.ServerFacts;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.checkpoint.Release;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the checks look at.
 *
 * @param server what the API server says of itself
 * @param wanted what is to be applied
 * @param previous what was applied last; empty: nothing, or nobody knows
 * @param obsolete what earlier releases left that is deleted
 * @param toCome kinds that are installed together with the mesh, names of their definitions
 * @param asked when the server was asked for what it says of itself, by the clock of this machine
 * @param answered when it had answered
 */
public record Situation(ClusterApi api, ServerFacts server, Release wanted, Optional<Checkpoint> previous,
        List<RenderedObject> obsolete, List<String> toCome, Instant asked, Instant answered) {}
