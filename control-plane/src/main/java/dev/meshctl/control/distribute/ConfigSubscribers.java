package dev.meshctl.control.distribute;

import dev.meshctl.control.snapshot.ConfigKey;
import dev.meshctl.control.snapshot.ConfigType;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Who wants to hear of which resource, so that a change costs as much as it has subscribers. */
final class ConfigSubscribers {
    static final String WILDCARD = "*";

    private final Map<ConfigKey, Set<ProxyStream>> byKey = new ConcurrentHashMap<>();
    private final Map<ConfigType, Set<ProxyStream>> wildcards = new EnumMap<>(ConfigType.class);

    ConfigSubscribers() {
        for (ConfigType type : ConfigType.values()) {
            wildcards.put(type, ConcurrentHashMap.newKeySet());
        }
    }

    void add(ConfigKey key, ProxyStream stream) {
        if (key.name().equals(WILDCARD)) {
            wildcards(key.type()).add(stream);
            return;
        }
        byKey.compute(key, (k, streams) -> {
            Set<ProxyStream> present = streams == null ? ConcurrentHashMap.newKeySet() : streams;
            present.add(stream);
            return present;
        });
    }

    void remove(ConfigKey key, ProxyStream stream) {
        if (key.name().equals(WILDCARD)) {
            wildcards(key.type()).remove(stream);
            return;
        }
        byKey.computeIfPresent(key, (k, streams) -> {
            streams.remove(stream);
            return streams.isEmpty() ? null : streams;
        });
    }

    /** Tells each stream that subscribes to one of the keys, and only those. Returns how many were told. */
    int tell(Collection<ConfigKey> changed) {
        Set<ProxyStream> told = new HashSet<>();
        for (ConfigKey key : changed) {
            for (ProxyStream stream : byKey.getOrDefault(key, Set.of())) {
                stream.changed(key);
                told.add(stream);
            }
            for (ProxyStream stream : wildcards(key.type())) {
                stream.changed(key);
                told.add(stream);
            }
        }
        told.forEach(ProxyStream::wake);
        return told.size();
    }

    private Set<ProxyStream> wildcards(ConfigType type) {
        return Objects.requireNonNull(wildcards.get(type), "every type has its set");
    }
}
