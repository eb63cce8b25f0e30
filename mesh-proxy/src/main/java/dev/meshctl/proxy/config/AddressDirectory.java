package dev.meshctl.proxy.config;

import static dev.meshctl.proxy.config.ResourceType.ADDRESS;

import dev.meshctl.api.proto.config.Address;
import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.runtime.daemon.Counters;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What has the addresses that intercepted connections were going to: asked for on first use, let go when idle. At most
 * {@value #MAX_ADDRESSES} at a time; above, the one that was not used for longest gives way.
 *
 * <p>What is of the mesh is kept on disk and used from there while the control plane is away; what is not is remembered
 * for as long as it is in use.
 *
 * <p>Counted causes: {@code address_timeout}, {@code address_evicted}, {@code address_refused},
 * {@code address_from_disk}, {@code cache_incompatible}.
 */
final class AddressDirectory {
    static final int MAX_ADDRESSES = 4096;

    private final ConcurrentHashMap<String, AddressEntry> addresses = new ConcurrentHashMap<>();
    private final ConfigLoop loop;
    private final ConfigCache cache;
    private final ConfigTiming timing;
    private final InstantSource clock;
    private final Counters counters;
    private final HostDirectory.Subscriptions subscriptions;

    AddressDirectory(ConfigLoop loop, ConfigCache cache, ConfigTiming timing, InstantSource clock, Counters counters,
            HostDirectory.Subscriptions subscriptions) {
        this.loop = loop;
        this.cache = cache;
        this.timing = timing;
        this.clock = clock;
        this.counters = counters;
        this.subscriptions = subscriptions;
    }

    CompletionStage<Addressed> lookup(InetAddress address) {
        String name = NetUtil.toAddressString(address);
        AddressEntry entry = addresses.get(name);
        Addressed known = entry == null ? null : entry.answer();
        if (entry != null && known != null) {
            entry.touch();
            return CompletableFuture.completedFuture(known);
        }
        CompletableFuture<Addressed> answer = new CompletableFuture<>();
        loop.execute(() -> ask(name, answer));
        // The loop is the one that answers; this holds even if it has ended.
        return answer.completeOnTimeout(
                new Addressed.Unavailable("the proxy's configuration did not answer"),
                timing.lookup().toMillis() * 2, TimeUnit.MILLISECONDS);
    }

    private void ask(String name, CompletableFuture<Addressed> answer) {
        AddressEntry entry = addresses.get(name);
        if (entry == null) {
            if (addresses.size() >= MAX_ADDRESSES && !evictOne()) {
                counters.increment("address_refused");
                answer.complete(new Addressed.Unavailable("this proxy already waits for " + MAX_ADDRESSES + " addresses"));
                return;
            }
            entry = open(name);
        }
        Addressed known = entry.answer();
        if (known != null) {
            answer.complete(known);
            return;
        }
        if (entry.gaveUp() && !subscriptions.connected()) {
            answer.complete(new Addressed.Unavailable(subscriptions.state()));
            return;
        }
        boolean first = !entry.hasWaiters();
        entry.await(answer);
        if (first) {
            AddressEntry waiting = entry;
            loop.after(timing.lookup(), () -> timedOut(waiting));
        }
    }

    private void timedOut(AddressEntry entry) {
        if (entry.hasWaiters()) {
            counters.increment("address_timeout");
            entry.timedOut(subscriptions.state());
        }
    }

    /** Belongs to the configuration loop; an address that is watched is never let go. */
    void watch(InetAddress address, Consumer<Addressed> onChange) {
        String name = NetUtil.toAddressString(address);
        AddressEntry entry = addresses.get(name);
        (entry == null ? open(name) : entry).watch(onChange);
    }

    private AddressEntry open(String name) {
        AddressEntry entry = new AddressEntry(name, clock);
        addresses.put(name, entry);
        Optional<Resource> kept = subscriptions.answersAfresh(ADDRESS) ? Optional.empty() : cache.read(ADDRESS, name);
        Optional<String> version = kept.flatMap(resource -> useFromDisk(entry, resource));
        subscriptions.subscribe(ADDRESS, name, version);
        return entry;
    }

    private Optional<String> useFromDisk(AddressEntry entry, Resource resource) {
        try {
            entry.take(AddressEntry.read(ADDRESS.parse(Address.class, resource.getName(), resource.getResource())));
            counters.increment("address_from_disk");
            return Optional.of(resource.getVersion()).filter(version -> !version.isEmpty());
        } catch (ResourceRejected | IllegalArgumentException e) {
            counters.increment("cache_incompatible");
            return Optional.empty();
        }
    }

    /** Takes a resource of an address that is subscribed to. */
    void accept(Resource resource) throws ResourceRejected {
        AddressEntry entry = addresses.get(resource.getName());
        if (entry == null) {
            return;
        }
        Address wire = ADDRESS.parse(Address.class, resource.getName(), resource.getResource());
        if (!wire.getAddress().equals(resource.getName())) {
            throw new ResourceRejected(ADDRESS, resource.getName(),
                    "address: is \"" + wire.getAddress() + "\", not the resource's name");
        }
        try {
            entry.take(AddressEntry.read(wire));
        } catch (IllegalArgumentException e) {
            throw new ResourceRejected(ADDRESS, resource.getName(), String.valueOf(e.getMessage()));
        }
        cache.put(ADDRESS, resource);
    }

    void remove(String name) {
        cache.remove(ADDRESS, name);
        AddressEntry entry = addresses.get(name);
        if (entry != null) {
            entry.take(new Addressed.Outside());
        }
    }

    void sweep(long idleMs) {
        for (AddressEntry entry : addresses.values()) {
            if (!entry.inUse() && entry.idleMs() >= idleMs) {
                release(entry);
            }
        }
    }

    private boolean evictOne() {
        Optional<AddressEntry> oldest = addresses.values().stream()
                .filter(entry -> !entry.inUse())
                .max(Comparator.comparingLong(AddressEntry::idleMs));
        oldest.ifPresent(entry -> {
            counters.increment("address_evicted");
            release(entry);
        });
        return oldest.isPresent();
    }

    private void release(AddressEntry entry) {
        addresses.remove(entry.name());
        subscriptions.unsubscribe(ADDRESS, entry.name());
    }

}
