package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.api.identity.SystemIdentity;
import java.util.List;

/** The components that run in the namespace of the mesh. */
enum Part {
    TRUST_BRIDGE(SystemIdentity.TRUST_BRIDGE, new Port("signing", 15013, 15013),
            new Port("bundle", 8443, 8443), new Port("metrics", 15014, 15014)),
    CONTROL_PLANE(SystemIdentity.CONTROL_PLANE, new Port("api", 15012, 15012),
            new Port("webhooks", 15017, 443), new Port("metrics", 15014, 15014)),
    GATEWAY(SystemIdentity.FEDERATION_GATEWAY, new Port("east-west", 15443, 15443),
            new Port("metrics", 15020, 15020));

    /**
     * A port.
     *
     * @param name in containers and Services, and of the listener in the daemon's configuration
     * @param number where the daemon listens
     * @param service where its Service does
     */
    record Port(String name, int number, int service) {}

    private final SystemIdentity identity;
    private final List<Port> ports;

    Part(SystemIdentity identity, Port... ports) {
        this.identity = identity;
        this.ports = List.of(ports);
    }

    /** Its name, and that of its service account. */
    String word() {
        return identity.serviceAccount();
    }

    List<Port> ports() {
        return ports;
    }

    Port port(String name) {
        return ports.stream().filter(port -> port.name.equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(word() + " has no port " + name));
    }
}
