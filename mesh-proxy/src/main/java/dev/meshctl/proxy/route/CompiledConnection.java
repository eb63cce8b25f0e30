package dev.meshctl.proxy.route;

import dev.meshctl.api.proto.config.ConnectionRoute;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One rule of a TLSRoute or a TCPRoute. Immutable. */
public final class CompiledConnection {
    private static final String WILDCARD = "*.";

    private final String id;
    private final PortScope ports;
    private final boolean tls;
    private final List<String> serverNames;
    private final WeightedBackends backends;

    private CompiledConnection(ConnectionRoute wire, PortScope ports, WeightedBackends backends) {
        this.id = wire.getId();
        this.ports = ports;
        this.tls = wire.getTls();
        this.serverNames = wire.getServerNamesList().stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
        this.backends = backends;
    }

    static CompiledConnection compile(ConnectionRoute wire, String namespace) throws InvalidConfig {
        for (String name : wire.getServerNamesList()) {
            String labels = name.startsWith(WILDCARD) ? name.substring(WILDCARD.length()) : name;
            if (!wire.getTls() || labels.isEmpty() || labels.indexOf('*') >= 0) {
                throw new InvalidConfig("server_names: \"" + name + "\" is no name of a TLS server");
            }
        }
        return new CompiledConnection(wire, PortScope.of(wire.getPort(), wire.getNotPortsList()),
                WeightedBackends.compile(wire.getBackendsList(), namespace));
    }

    public String id() {
        return id;
    }

    public List<CompiledBackend> backends() {
        return backends.all();
    }

    /** A backend by weight; null if there are none, or none with a weight. */
    public @Nullable CompiledBackend pick(RandomGenerator random) {
        return backends.pick(random);
    }

    PortScope ports() {
        return ports;
    }

    /** Only connections that begin with a ClientHello. */
    boolean tls() {
        return tls;
    }

    /** In lower case; empty: any. */
    List<String> serverNames() {
        return serverNames;
    }
}
