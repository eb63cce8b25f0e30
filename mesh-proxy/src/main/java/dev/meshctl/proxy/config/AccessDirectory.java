package dev.meshctl.proxy.config;

import static dev.meshctl.proxy.config.ResourceType.ACCESS;

import com.google.protobuf.Any;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.route.InvalidConfig;
import dev.meshctl.runtime.daemon.Counters;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The policies of the services whose workloads are hosted here. Until a service's policies are known, from
 * the control plane or from disk, nobody may call: a policy that denies must not be evaded by a
 * restart. That there are none is kept on disk too.
 */
final class AccessDirectory {
    /** What callers are told while the policies are not known. */
    static final String UNKNOWN_POLICY = "meshctl-system/policies-not-yet-known";

    private static final CompiledAccess CLOSED = closed();

    /** One service; written by the configuration loop. */
    static final class Entry implements Supplier<CompiledAccess> {
        private final CountDownLatch known = new CountDownLatch(1);
        private volatile CompiledAccess access = CLOSED;
        private int users;

        @Override
        public CompiledAccess get() {
            return access;
        }

        private void set(CompiledAccess compiled) {
            access = compiled;
            known.countDown();
        }

        boolean awaitKnown(Duration timeout) throws InterruptedException {
            return known.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private final Map<String, Entry> entries = new HashMap<>();
    private final ConfigCache cache;
    private final HostDirectory.Subscriptions subscriptions;
    private final Counters counters;

    AccessDirectory(ConfigCache cache, HostDirectory.Subscriptions subscriptions, Counters counters) {
        this.cache = cache;
        this.subscriptions = subscriptions;
        this.counters = counters;
    }

    Entry use(ServiceName service) {
        String name = service.toString();
        Entry entry = entries.computeIfAbsent(name, this::open);
        entry.users++;
        return entry;
    }

    private Entry open(String name) {
        Entry entry = new Entry();
        Optional<Resource> kept = cache.read(ACCESS, name);
        Optional<String> version = Optional.empty();
        if (kept.isPresent()) {
            try {
                entry.set(compile(kept.get()));
                version = Optional.of(kept.get().getVersion()).filter(v -> !v.isEmpty());
            } catch (ResourceRejected e) {
                counters.increment("cache_incompatible");
            }
        }
        subscriptions.subscribe(ACCESS, name, version);
        return entry;
    }

    void letGo(ServiceName service) {
        String name = service.toString();
        Entry entry = entries.get(name);
        if (entry != null && --entry.users == 0) {
            entries.remove(name);
            subscriptions.unsubscribe(ACCESS, name);
        }
    }

    void accept(Resource resource) throws ResourceRejected {
        CompiledAccess compiled = compile(resource);
        Entry entry = entries.get(resource.getName());
        if (entry != null) {
            entry.set(compiled);
        }
        cache.put(ACCESS, resource);
    }

    void remove(String name) {
        Entry entry = entries.get(name);
        if (entry != null) {
            entry.set(CompiledAccess.OPEN);
        }
        cache.put(ACCESS, Resource.newBuilder()
                .setName(name)
                .setResource(Any.pack(Access.newBuilder().setService(name).build()))
                .build());
    }

    private static CompiledAccess compile(Resource resource) throws ResourceRejected {
        Access wire = ACCESS.parse(Access.class, resource.getName(), resource.getResource());
        try {
            return CompiledAccess.compile(wire);
        } catch (InvalidConfig e) {
            throw new ResourceRejected(ACCESS, resource.getName(), String.valueOf(e.getMessage()));
        }
    }

    private static CompiledAccess closed() {
        AccessRule nobody = AccessRule.newBuilder()
                .setPolicy(UNKNOWN_POLICY)
                .addIdentities("spiffe://nobody.invalid/ns/none/sa/none")
                .build();
        try {
            return CompiledAccess.compile(Access.newBuilder().addAllows(nobody).build());
        } catch (InvalidConfig e) {
            throw new IllegalStateException("the built-in policy must compile", e);
        }
    }
}
