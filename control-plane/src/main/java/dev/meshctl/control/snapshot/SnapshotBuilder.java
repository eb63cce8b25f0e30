package dev.meshctl.control.snapshot;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.runtime.daemon.Counters;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Makes each snapshot from the one before: compiles the services that changed and keeps the resources of
 * all others as they are. Used by one thread at a time.
 */
public final class SnapshotBuilder {
    private static final System.Logger LOG = System.getLogger(SnapshotBuilder.class.getName());

    private final SnapshotSource source;
    private final Counters counters;
    private final LongAdder compiled = new LongAdder();
    private final Map<ServiceName, Compiled> services = new HashMap<>();
    private final Set<ServiceName> failed = new HashSet<>();
    private final SharedNames shared = new SharedNames();
    private Set<ConfigKey> meshWide = Set.of();
    private @Nullable ClusterView view;
    private Snapshot current = Snapshot.NONE;

    /** @param counters where services that cannot be compiled are counted */
    public SnapshotBuilder(SnapshotSource source, Counters counters) {
        this.source = source;
        this.counters = counters;
    }

    /** What one service was compiled from, and to. */
    private record Compiled(ServiceInputs inputs, Set<ConfigKey> keys) {}

    /** Compiles everything that is not yet so. */
    public Snapshot.Update all() {
        Set<ServiceName> names = new HashSet<>(services.keySet());
        names.addAll(source.services());
        return rebuild(names);
    }

    /** Compiles the services named, those that have come or gone, and what concerns the whole mesh. */
    public Snapshot.Update rebuild(Collection<ServiceName> touched) {
        ClusterView now = source.cluster();
        if (!now.equals(view)) {
            view = now;
            return apply(now, union(services.keySet(), source.services()), true);
        }
        return apply(now, Set.copyOf(touched), false);
    }

    private Snapshot.Update apply(ClusterView now, Set<ServiceName> touched, boolean evenIfSame) {
        Map<ConfigKey, ConfigResource> resources = new HashMap<>(current.resources());
        TreeMap<String, LocalExport> exports = new TreeMap<>(current.exports());
        Set<ConfigKey> candidates = new HashSet<>();
        for (ServiceName name : union(touched, failed)) {
            try {
                candidates.addAll(service(now, name, resources, exports, evenIfSame));
                failed.remove(name);
            } catch (RuntimeException e) {
                failed(name, e);
            }
        }
        candidates.addAll(meshWide(resources));
        Set<ConfigKey> changed = new HashSet<>();
        for (ConfigKey key : candidates) {
            if (!version(current.resources().get(key)).equals(version(resources.get(key)))) {
                changed.add(key);
            }
        }
        boolean exportsChanged = !exports.equals(current.exports());
        if (changed.isEmpty() && !exportsChanged) {
            return new Snapshot.Update(current, Set.of(), false);
        }
        current = new Snapshot(
                current.version() + 1, Collections.unmodifiableMap(resources), Collections.unmodifiableSortedMap(exports));
        return new Snapshot.Update(current, Set.copyOf(changed), exportsChanged);
    }

    /** It costs this service its news, not all others theirs; it is tried again with each rebuild. */
    private void failed(ServiceName name, RuntimeException failure) {
        counters.increment("service_not_compiled");
        if (failed.add(name)) {
            LOG.log(System.Logger.Level.ERROR, "service " + name + " could not be compiled; proxies keep what they have of it", failure);
        }
    }

    /** Returns the resources that may have changed. */
    private Set<ConfigKey> service(
            ClusterView now,
            ServiceName name,
            Map<ConfigKey, ConfigResource> resources,
            Map<String, LocalExport> exports,
            boolean evenIfSame) {
        Optional<ServiceInputs> inputs = source.service(name);
        Compiled before = services.get(name);
        if (!evenIfSame && before != null && inputs.isPresent() && Objects.equals(before.inputs(), inputs.get())) {
            return Set.of();
        }
        // All that may fail comes before the first change.
        List<ConfigResource> hosts = inputs.map(i -> HostCompiler.compile(now, i)).orElse(List.of());
        Optional<LocalExport> export = inputs.flatMap(i -> ExportCompiler.compile(now, i));
        Set<ConfigKey> keys = new HashSet<>();
        if (before != null) {
            keys.addAll(before.keys());
            before.keys().forEach(key -> shared.remove(key, name, resources));
        }
        exports.remove(name.toString());
        if (inputs.isEmpty()) {
            services.remove(name);
            return keys;
        }
        compiled.increment();
        Set<ConfigKey> fresh = new HashSet<>();
        for (ConfigResource resource : hosts) {
            fresh.add(resource.key());
            ConfigResource old = current.resources().get(resource.key());
            ConfigResource kept = old != null && old.version().equals(resource.version()) ? old : resource;
            shared.put(kept, name, resources);
        }
        export.ifPresent(e -> exports.put(name.toString(), e));
        services.put(name, new Compiled(inputs.get(), fresh));
        keys.addAll(fresh);
        return keys;
    }

    private Set<ConfigKey> meshWide(Map<ConfigKey, ConfigResource> resources) {
        Set<ConfigKey> fresh = new HashSet<>();
        Set<ConfigKey> candidates = new HashSet<>(meshWide);
        meshWide.forEach(resources::remove);
        for (ConfigResource resource : source.meshWide()) {
            resources.put(resource.key(), resource);
            fresh.add(resource.key());
        }
        meshWide = Set.copyOf(fresh);
        candidates.addAll(fresh);
        return candidates;
    }

    private static String version(@Nullable ConfigResource resource) {
        return resource == null ? "" : resource.version();
    }

    private static Set<ServiceName> union(Set<ServiceName> a, Set<ServiceName> b) {
        Set<ServiceName> all = new HashSet<>(a);
        all.addAll(b);
        return all;
    }

    public Snapshot current() {
        return current;
    }

    /** How many services were compiled in the life of this builder; what a change has cost. */
    public long servicesCompiled() {
        return compiled.sum();
    }
}
