package dev.meshctl.proxy.outbound;

import dev.meshctl.api.name.MeshHost;

/**
 * Where everything goes that comes in on a listener made for one upstream.
 *
 * @param port of the service, 1 to 65535
 */
public record FixedTarget(MeshHost host, int port) {
    public FixedTarget {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " must be 1 to 65535");
        }
    }
}
