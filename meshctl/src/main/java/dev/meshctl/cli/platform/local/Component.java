package dev.meshctl.cli.platform.local;

import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.cli.fleet.Cluster;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The daemons of a local cluster, in the order in which they start. */
enum Component {
    TRUST_BRIDGE(dev.meshctl.component.Component.TRUST_BRIDGE, 64,
            Map.of("signing", Cluster.TRUST_SIGNING, "bundle", Cluster.TRUST_BUNDLE, "metrics", Cluster.TRUST_METRICS),
            List.of()),
    CONTROL_PLANE(dev.meshctl.component.Component.CONTROL_PLANE, 128,
            Map.of("api", Cluster.CONTROL_API, "metrics", Cluster.CONTROL_METRICS),
            List.of(SystemIdentity.CONTROL_PLANE)),
    FEDERATION_GATEWAY(dev.meshctl.component.Component.FEDERATION_GATEWAY, 64,
            Map.of("east-west", Cluster.GATEWAY_EAST_WEST, "metrics", Cluster.GATEWAY_METRICS),
            List.of(SystemIdentity.FEDERATION_GATEWAY)),
    MESH_PROXY(dev.meshctl.component.Component.MESH_PROXY, 64,
            Map.of("admin", Cluster.PROXY_ADMIN, "metrics", Cluster.PROXY_METRICS),
            List.of(SystemIdentity.PROXY, SystemIdentity.PROBE));

    private final dev.meshctl.component.Component program;
    private final int heapMiB;
    private final Map<String, String> listeners;
    private final List<SystemIdentity> identities;

    Component(
            dev.meshctl.component.Component program, int heapMiB, Map<String, String> listeners,
            List<SystemIdentity> identities) {
        this.program = program;
        this.heapMiB = heapMiB;
        this.listeners = listeners;
        this.identities = identities;
    }

    /** Its name, and the name of its directory. */
    String directory() {
        return program.word();
    }

    String mainClass() {
        return program.mainClass();
    }

    int heapMiB() {
        return heapMiB;
    }

    /** Name in its configuration -> name in the fleet. */
    Map<String, String> listeners() {
        return listeners;
    }

    /** Whom it attests as; a fresh join token is kept for each. */
    List<SystemIdentity> identities() {
        return identities;
    }

    static Optional<Component> find(String name) {
        for (Component component : values()) {
            if (component.directory().equals(name)) {
                return Optional.of(component);
            }
        }
        return Optional.empty();
    }
}
