package dev.meshctl.proxy.flow;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.name.ServiceName;
import java.util.Map;
import java.util.Optional;

/** The answer to a look-up of an IP address. */
public sealed interface Addressed {
    /** It is a virtual IP of a service. */
    record VirtualIp(MeshHost host) implements Addressed {}

    /**
     * It is a workload's own.
     *
     * @param ports by service port
     */
    record AtWorkload(String id, ServiceName service, String version, Map<Integer, AppPort> ports) implements Addressed {
        public AtWorkload {
            ports = Map.copyOf(ports);
        }

        /** The port of the service that the application serves at this port of its own. */
        public Optional<Integer> servicePort(int appPort) {
            return ports.values().stream().filter(port -> port.appPort() == appPort).map(AppPort::servicePort).sorted().findFirst();
        }
    }

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
