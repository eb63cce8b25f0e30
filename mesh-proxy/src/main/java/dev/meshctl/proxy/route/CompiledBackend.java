package dev.meshctl.proxy.route;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.proto.config.Backend;
import org.jspecify.annotations.Nullable;

/**
 * Where a share of a route's requests goes.
 *
 * @param host null: the service itself
 * @param version empty: any
 * @param weight 0 to 1,000,000; relative
 * @param port 0: the one that the client named
 */
public record CompiledBackend(@Nullable MeshHost host, String version, int weight, int port) {
    private static final int MAX_WEIGHT = 1_000_000;

    static final CompiledBackend SERVICE = new CompiledBackend(null, "", 1, 0);

    static CompiledBackend compile(Backend wire, String namespace) throws InvalidConfig {
        if (wire.getWeight() < 0 || wire.getWeight() > MAX_WEIGHT) {
            throw new InvalidConfig("weight: must be 0 to " + MAX_WEIGHT);
        }
        if (wire.getPort() < 0 || wire.getPort() > 65535) {
            throw new InvalidConfig("port: must be 0 to 65535");
        }
        MeshHost host = null;
        if (!wire.getHost().isEmpty()) {
            host = MeshHost.parse(wire.getHost(), namespace).orElseThrow(
                    () -> new InvalidConfig("host: \"" + wire.getHost() + "\" is no host of the mesh"));
        }
        return new CompiledBackend(host, wire.getVersion(), wire.getWeight(), wire.getPort());
    }
}
