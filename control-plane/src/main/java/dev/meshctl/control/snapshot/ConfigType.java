package dev.meshctl.control.snapshot;

import java.util.Arrays;
import java.util.Optional;

/**
 * The types of configuration that proxies receive, in the order in which they are sent: what says whom
 * to trust and what to let in goes before what says where to go.
 */
public enum ConfigType {
    SETTINGS("Settings", true),
    BUNDLE("Bundle", true),
    ACCESS("Access", false),
    SERVICE("Service", false),
    ENDPOINTS("Endpoints", false),
    ADDRESS("Address", false);

    private static final String PREFIX = "type.googleapis.com/meshctl.config.v1.";

    private final String label;
    private final boolean meshWide;

    ConfigType(String label, boolean meshWide) {
        this.label = label;
        this.meshWide = meshWide;
    }

    /** The message name, as shown to operators. */
    public String label() {
        return label;
    }

    public String typeUrl() {
        return PREFIX + label;
    }

    /**
     * True if a first request without names means all resources, as the xDS protocol has it. The other types
     * are only ever sent on demand, so that a proxy's memory does not grow with the size of the mesh.
     */
    public boolean meshWide() {
        return meshWide;
    }

    public static Optional<ConfigType> ofTypeUrl(String typeUrl) {
        return Arrays.stream(values()).filter(t -> t.typeUrl().equals(typeUrl)).findFirst();
    }
}
