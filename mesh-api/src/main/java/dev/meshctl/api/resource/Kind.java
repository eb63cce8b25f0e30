package dev.meshctl.api.resource;

import java.util.List;
import java.util.Locale;

/**
 * A kind of resource.
 *
 * @param name as in {@code TrafficShift}
 * @param plural as in {@code trafficshifts}
 * @param shortNames what a user may type instead
 * @param namespaced false for kinds that belong to the whole cluster
 * @param type the record
 */
public record Kind(
        String apiVersion,
        String name,
        String plural,
        List<String> shortNames,
        boolean namespaced,
        Class<? extends Resource> type) {
    public Kind {
        shortNames = List.copyOf(shortNames);
    }

    /** The name in lower case, as {@code -o name} prints it. */
    public String singular() {
        return name.toLowerCase(Locale.ROOT);
    }
}
