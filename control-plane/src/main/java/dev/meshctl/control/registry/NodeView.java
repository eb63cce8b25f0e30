package dev.meshctl.control.registry;

import dev.meshctl.api.proto.control.HostedWorkload;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A node as the registry knows it.
 *
 * @param leased the node's stream is open
 * @param until when its workloads leave the registry unless the node comes back; empty while leased
 */
public record NodeView(
        String node,
        String identity,
        String proxyVersion,
        Instant since,
        boolean leased,
        Optional<Instant> until,
        List<HostedWorkload> workloads) {}
