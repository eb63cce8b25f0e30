package dev.meshctl.api.resource;

import java.util.Comparator;

/**
 * What tells a resource from all others of a cluster.
 *
 * @param namespace empty for kinds that belong to the whole cluster
 */
public record ResourceKey(String kind, String namespace, String name) implements Comparable<ResourceKey> {
    private static final Comparator<ResourceKey> ORDER = Comparator.comparing(ResourceKey::kind)
            .thenComparing(ResourceKey::namespace)
            .thenComparing(ResourceKey::name);

    @Override
    public int compareTo(ResourceKey other) {
        return ORDER.compare(this, other);
    }

    /** As errors name it: {@code TrafficShift shop/payments}. */
    @Override
    public String toString() {
        return kind + " " + (namespace.isEmpty() ? name : namespace + "/" + name);
    }
}
