package dev.meshctl.proxy.config;

import java.util.Map;

/**
 * How the configuration of this proxy stands.
 *
 * @param connected the stream to the control plane is up
 * @param error why it is not, or how the last one ended; empty if nothing is wrong
 * @param reconnects streams that were opened after the first
 */
public record ConfigStatus(
        boolean connected, String error, long reconnects, Map<ResourceType, TypeStatus> types) {
    /** Before the first attempt. */
    static final ConfigStatus NOT_CONNECTED = new ConfigStatus(false, "not connected yet", 0, Map.of());

    public ConfigStatus {
        types = Map.copyOf(types);
    }

    /**
     * @param subscriptions names asked for
     * @param versions name to version in use
     * @param nacks responses that held a resource this proxy could not use
     * @param lastNack the last reason; empty if none
     */
    public record TypeStatus(int subscriptions, Map<String, String> versions, long nacks, String lastNack) {}

    /** NACKs of all types. */
    public long nacks() {
        return types.values().stream().mapToLong(TypeStatus::nacks).sum();
    }
}
