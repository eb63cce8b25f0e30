package dev.meshctl.proxy.route;

import java.util.List;
import java.util.Set;

/**
 * The ports of a service that a route is for.
 *
 * @param only 0: all but {@code not}
 */
record PortScope(int only, Set<Integer> not) {
    static final PortScope ALL = new PortScope(0, Set.of());

    static PortScope of(int port, List<Integer> notPorts) throws InvalidConfig {
        if (port < 0 || port > 65535) {
            throw new InvalidConfig("port: must be 0 to 65535");
        }
        return port == 0 && notPorts.isEmpty() ? ALL : new PortScope(port, Set.copyOf(notPorts));
    }

    boolean has(int port) {
        return only == 0 ? not.isEmpty() || !not.contains(port) : only == port;
    }
}
