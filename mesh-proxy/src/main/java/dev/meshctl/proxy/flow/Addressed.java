package dev.meshctl.proxy.flow;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.name.ServiceName;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The answer to a look-up of an IP address. */
public sealed interface Addressed {
    /** It is a virtual IP of a service. */
    record VirtualIp(MeshHost host) implements Addressed {}

    /**
     * It is a workload's own.
     *
     * @param services that it is behind, by name; at least one
     */
    record AtWorkload(String id, List<Behind> services) implements Addressed {
        public AtWorkload {
            services = List.copyOf(services);
        }

        /** The first service, and the port of it, that the application serves at this port of its own. */
        public Optional<Target> target(int appPort) {
            return services.stream().flatMap(service -> service.port(appPort).stream()).findFirst();
        }
    }

    /**
     * A workload as part of one service.
     *
     * @param ports by service port
     */
    record Behind(ServiceName service, String version, Map<Integer, AppPort> ports) {
        public Behind {
            ports = Map.copyOf(ports);
        }

        private Optional<Target> port(int appPort) {
            return ports.values().stream().filter(port -> port.appPort() == appPort).map(AppPort::servicePort).sorted()
                    .map(port -> new Target(service, port)).findFirst();
        }
    }

    /** A port of a service. */
    record Target(ServiceName service, int port) {}

    /**
     * It is one that this proxy has made up for a host, and has forgotten since. What a client says may still tell whom it
     * means; nobody is reached at the address itself.
     */
    record Forgotten() implements Addressed {}

    /** It is nothing of the mesh. */
    record Outside() implements Addressed {}

    /**
     * Nothing is known, and nothing was heard in time.
     *
     * @param cause one clause for operators
     */
    record Unavailable(String cause) implements Addressed {}
}
