package dev.meshctl.control.snapshot;

import dev.meshctl.runtime.net.HostPort;
import java.util.Optional;

/**
 * What every host's endpoints need to know of this cluster.
 *
 * @param gateway where the own gateway listens, an IP literal; empty while no gateway has said so, and then
 *     nothing of other clusters can be reached
 * @param region empty if not set
 * @param zone empty if not set
 */
public record ClusterView(String cluster, Optional<HostPort> gateway, String region, String zone) {}
