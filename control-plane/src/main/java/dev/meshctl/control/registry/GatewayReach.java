package dev.meshctl.control.registry;

import dev.meshctl.runtime.net.HostPort;
import java.util.List;
import java.util.Optional;

/**
 * Where the gateway of this cluster is, as the platform has it.
 *
 * @param outside what other clusters dial, at most {@value #MAX_ADDRESSES}; none while that is not known
 * @param inside what the own proxies dial, its host an IP literal
 * @param problem why there is nothing that other clusters could dial, and what to do; empty if there is something
 */
public record GatewayReach(List<HostPort> outside, Optional<HostPort> inside, String problem) {
    public static final int MAX_ADDRESSES = 16;

    public GatewayReach {
        outside = outside.stream().limit(MAX_ADDRESSES).toList();
    }
}
