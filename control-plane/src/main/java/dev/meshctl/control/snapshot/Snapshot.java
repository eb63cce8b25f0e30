package dev.meshctl.control.snapshot;

import dev.meshctl.api.proto.control.LocalExport;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/**
 * The whole configuration of the mesh at one moment. Never changes; the next one shares all resources that
 * stayed the same.
 *
 * @param version grows by one with each snapshot of a process
 * @param resources by name; immutable
 * @param exports what linked meshes are offered, by {@code name.namespace}; immutable
 */
public record Snapshot(
        long version, Map<ConfigKey, ConfigResource> resources, SortedMap<String, LocalExport> exports) {
    /** That of a mesh with nothing in it. */
    public static final Snapshot NONE = new Snapshot(0, Map.of(), Collections.emptySortedMap());

    public Optional<ConfigResource> get(ConfigKey key) {
        return Optional.ofNullable(resources.get(key));
    }

    public Optional<ConfigResource> get(ConfigType type, String name) {
        return get(new ConfigKey(type, name));
    }

    /**
     * A snapshot and how it differs from the one before.
     *
     * @param changed the resources that are new, different or gone
     * @param exportsChanged whether the exports differ
     */
    public record Update(Snapshot snapshot, Set<ConfigKey> changed, boolean exportsChanged) {
        public boolean isEmpty() {
            return changed.isEmpty() && !exportsChanged;
        }
    }
}
