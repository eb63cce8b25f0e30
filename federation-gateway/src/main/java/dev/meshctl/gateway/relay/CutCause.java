package dev.meshctl.gateway.relay;

import java.util.Locale;

/** Why the gateway itself ended a relay that was under way. Each is a metric label. */
public enum CutCause {
    /** The client, or the gateway of another cluster that it comes through, acknowledges nothing any more. */
    SILENT_CLIENT,
    /** The gateway of the linked cluster acknowledges nothing any more. */
    SILENT_GATEWAY,
    /** The workload acknowledges nothing any more. */
    SILENT_WORKLOAD,
    /** The cluster that it leads to is no longer linked. */
    LINK_REMOVED,
    /** The service that it leads to, or this port of it, is no longer exported. */
    EXPORT_REMOVED;

    /** Lower case with underscores, e.g. {@code link_removed}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
