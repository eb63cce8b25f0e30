package dev.meshctl.proxy.outbound;

import dev.meshctl.api.name.MeshHost;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Where everything goes that comes in on a listener made for one upstream, or on a connection that was going to one
 * address.
 *
 * @param port of the service, 1 to 65535
 * @param hostRefines a request may name another host of the same service, as that of all clusters
 * @param only the endpoint at this address; null: any
 */
public record FixedTarget(MeshHost host, int port, boolean hostRefines, @Nullable InetAddress only) {
    /** Any endpoint of just this host. */
    public FixedTarget(MeshHost host, int port) {
        this(host, port, false, null);
    }

    /** What a virtual IP stands for. */
    static FixedTarget ofVirtualIp(MeshHost host, int port) {
        return new FixedTarget(host, port, true, null);
    }

    public FixedTarget {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " must be 1 to 65535");
        }
    }
}
