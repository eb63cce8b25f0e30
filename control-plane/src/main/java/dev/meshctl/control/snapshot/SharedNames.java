package dev.meshctl.control.snapshot;

import dev.meshctl.api.name.ServiceName;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Resources that several services may have under one name: a pod that two services select has one address, which tells of
 * both, by name; whichever was compiled last.
 */
final class SharedNames {
    private final Map<ConfigKey, TreeMap<ServiceName, ConfigResource>> owners = new HashMap<>();

    void put(ConfigResource resource, ServiceName owner, Map<ConfigKey, ConfigResource> resources) {
        ConfigKey key = resource.key();
        if (key.type() != ConfigType.ADDRESS) {
            resources.put(key, resource);
            return;
        }
        TreeMap<ServiceName, ConfigResource> all = owners.computeIfAbsent(key, unused -> new TreeMap<>());
        all.put(owner, resource);
        resources.put(key, AddressResources.together(all.values()));
    }

    void remove(ConfigKey key, ServiceName owner, Map<ConfigKey, ConfigResource> resources) {
        TreeMap<ServiceName, ConfigResource> all = owners.get(key);
        if (all != null) {
            all.remove(owner);
        }
        if (all == null || all.isEmpty()) {
            owners.remove(key);
            resources.remove(key);
        } else {
            resources.put(key, AddressResources.together(all.values()));
        }
    }
}
