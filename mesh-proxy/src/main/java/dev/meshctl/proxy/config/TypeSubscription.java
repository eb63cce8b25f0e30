package dev.meshctl.proxy.config;

import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is asked for of one type, and the versions that are in use. Belongs to the configuration
 * loop. Changes are gathered between two requests, so a slow control plane costs no queue.
 */
final class TypeSubscription {
    private final ResourceType type;
    private final Set<String> names = new LinkedHashSet<>();
    private final Map<String, String> versions = new TreeMap<>();
    private final Set<String> subscribe = new LinkedHashSet<>();
    private final Set<String> unsubscribe = new LinkedHashSet<>();
    private boolean opened;
    private long nacks;
    private String lastNack = "";

    TypeSubscription(ResourceType type) {
        this.type = type;
    }

    void add(String name, Optional<String> knownVersion) {
        if (names.add(name)) {
            // Even if it was only about to be let go: asked for again, it is answered again.
            unsubscribe.remove(name);
            subscribe.add(name);
        }
        knownVersion.ifPresent(version -> versions.putIfAbsent(name, version));
    }

    void drop(String name) {
        if (names.remove(name)) {
            subscribe.remove(name);
            unsubscribe.add(name);
        }
        versions.remove(name);
    }

    /** Notes a version that was read from disk, so that the first request of a stream can name it. */
    void known(String name, String version) {
        versions.putIfAbsent(name, version);
    }

    boolean wants(String name) {
        return names.contains(name) || names.contains(ResourceType.WILDCARD);
    }

    boolean opened() {
        return opened;
    }

    void accepted(String name, String version) {
        versions.put(name, version);
    }

    void removed(String name) {
        versions.remove(name);
    }

    void rejected(String reason) {
        nacks++;
        lastNack = reason;
    }

    /** A new stream knows nothing: its first request names all subscriptions and versions. */
    void streamStarted() {
        opened = false;
        subscribe.clear();
        unsubscribe.clear();
    }

    /** What has changed since the last request; on the first of a stream, everything. */
    Optional<DeltaDiscoveryRequest.Builder> nextRequest() {
        if (!opened) {
            return names.isEmpty() ? Optional.empty() : Optional.of(first());
        }
        if (subscribe.isEmpty() && unsubscribe.isEmpty()) {
            return Optional.empty();
        }
        DeltaDiscoveryRequest.Builder request = DeltaDiscoveryRequest.newBuilder()
                .setTypeUrl(type.typeUrl())
                .addAllResourceNamesSubscribe(subscribe)
                .addAllResourceNamesUnsubscribe(unsubscribe);
        subscribe.clear();
        unsubscribe.clear();
        return Optional.of(request);
    }

    private DeltaDiscoveryRequest.Builder first() {
        opened = true;
        subscribe.clear();
        unsubscribe.clear();
        return DeltaDiscoveryRequest.newBuilder()
                .setTypeUrl(type.typeUrl())
                .addAllResourceNamesSubscribe(names)
                .putAllInitialResourceVersions(versions);
    }

    ConfigStatus.TypeStatus status() {
        return new ConfigStatus.TypeStatus(names.size(), Map.copyOf(versions), nacks, lastNack);
    }
}
