package dev.meshctl.proxy.config;

import static dev.meshctl.proxy.config.ResourceType.ENDPOINTS;
import static dev.meshctl.proxy.config.ResourceType.SERVICE;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.Discovery;
import dev.meshctl.proxy.route.InvalidConfig;
import dev.meshctl.runtime.daemon.Counters;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The hosts that the workloads of this proxy call: subscribed to on first use, let go when idle. At
 * most {@value #MAX_HOSTS} at a time; above, the one that was not used for longest gives way.
 *
 * <p>When something is kept on disk of a new host, it is used at once while the control plane is away; while it
 * is there, its fresh answer is awaited for a moment, because what is kept may be old.
 *
 * <p>Counted causes: {@code discovery_timeout}, {@code discovery_evicted}, {@code discovery_refused},
 * {@code discovery_from_disk}, {@code cache_incompatible}.
 */
final class HostDirectory implements Discovery {
    static final int MAX_HOSTS = 4096;

    private static final System.Logger LOG = System.getLogger(HostDirectory.class.getName());

    private final ConcurrentHashMap<MeshHost, HostEntry> hosts = new ConcurrentHashMap<>();
    private final ConfigLoop loop;
    private final ConfigCache cache;
    private final ConfigTiming timing;
    private final Supplier<Duration> idle;
    private final InstantSource clock;
    private final Counters counters;
    private final Subscriptions subscriptions;
    private final AddressDirectory addresses;

    /** What this directory needs of the stream; there is none before the proxy has an identity. */
    interface Subscriptions {
        void subscribe(ResourceType type, String name, Optional<String> knownVersion);

        void unsubscribe(ResourceType type, String name);

        boolean answersAfresh(ResourceType type);

        boolean connected();

        /** Why there is no answer, for operators. */
        String state();
    }

    HostDirectory(
            ConfigLoop loop,
            ConfigCache cache,
            ConfigTiming timing,
            Supplier<Duration> idle,
            InstantSource clock,
            Counters counters,
            Subscriptions subscriptions) {
        this.loop = loop;
        this.cache = cache;
        this.timing = timing;
        this.idle = idle;
        this.clock = clock;
        this.counters = counters;
        this.subscriptions = subscriptions;
        this.addresses = new AddressDirectory(loop, cache, timing, clock, counters, subscriptions);
    }

    @Override
    public CompletionStage<Addressed> lookup(InetAddress address) {
        return addresses.lookup(address);
    }

    AddressDirectory addresses() {
        return addresses;
    }

    @Override
    public CompletionStage<Discovered> lookup(MeshHost host) {
        HostEntry entry = hosts.get(host);
        Discovered known = entry == null ? null : entry.answer();
        if (entry != null && known != null) {
            entry.touch();
            return CompletableFuture.completedFuture(known);
        }
        CompletableFuture<Discovered> answer = new CompletableFuture<>();
        loop.execute(() -> ask(host, answer));
        // The loop is the one that answers; this holds even if it has ended.
        return answer.completeOnTimeout(
                new Discovered.Unavailable("the proxy's configuration did not answer"),
                timing.lookup().toMillis() * 2, TimeUnit.MILLISECONDS);
    }

    private void ask(MeshHost host, CompletableFuture<Discovered> answer) {
        HostEntry entry = hosts.get(host);
        if (entry == null) {
            if (hosts.size() >= MAX_HOSTS && !evictOne()) {
                counters.increment("discovery_refused");
                answer.complete(new Discovered.Unavailable("this proxy already waits for " + MAX_HOSTS + " hosts"));
                return;
            }
            entry = open(host);
        }
        Discovered known = entry.answer();
        if (known != null) {
            answer.complete(known);
            return;
        }
        if (entry.gaveUp() && !subscriptions.connected()) {
            answer.complete(new Discovered.Unavailable(subscriptions.state()));
            return;
        }
        boolean first = !entry.hasWaiters();
        entry.await(answer);
        if (first) {
            HostEntry waiting = entry;
            loop.after(timing.lookup(), () -> timedOut(waiting));
        }
    }

    private HostEntry open(MeshHost host) {
        String name = host.toString();
        HostEntry entry = new HostEntry(host, clock);
        hosts.put(host, entry);
        boolean fresh = subscriptions.answersAfresh(SERVICE) && subscriptions.answersAfresh(ENDPOINTS);
        Optional<Resource> service = cache.read(SERVICE, name);
        Optional<Resource> endpoints = cache.read(ENDPOINTS, name);
        if (service.isEmpty() || endpoints.isEmpty()) {
            subscribe(name, Optional.empty(), Optional.empty());
        } else if (fresh) {
            subscribe(name, Optional.empty(), Optional.empty());
            loop.after(timing.freshGrace(), () -> useFromDisk(entry, service.get(), endpoints.get()));
        } else {
            boolean used = useFromDisk(entry, service.get(), endpoints.get());
            subscribe(name, used ? version(service.get()) : Optional.empty(),
                    used ? version(endpoints.get()) : Optional.empty());
        }
        return entry;
    }

    private void subscribe(String name, Optional<String> serviceVersion, Optional<String> endpointsVersion) {
        subscriptions.subscribe(SERVICE, name, serviceVersion);
        subscriptions.subscribe(ENDPOINTS, name, endpointsVersion);
    }

    private static Optional<String> version(Resource resource) {
        return Optional.of(resource.getVersion()).filter(version -> !version.isEmpty());
    }

    private boolean useFromDisk(HostEntry entry, Resource service, Resource endpoints) {
        if (entry.answer() != null) {
            return false;
        }
        String name = entry.host().toString();
        try {
            entry.takeFromDisk(
                    SERVICE.parse(Service.class, name, service.getResource()),
                    ENDPOINTS.parse(Endpoints.class, name, endpoints.getResource()));
            counters.increment("discovery_from_disk");
            return true;
        } catch (InvalidConfig | ResourceRejected e) {
            counters.increment("cache_incompatible");
            LOG.log(Level.WARNING, "what is kept of {0} cannot be used: {1}", name, e.getMessage());
            return false;
        }
    }

    private void timedOut(HostEntry entry) {
        if (entry.hasWaiters()) {
            counters.increment("discovery_timeout");
            entry.timedOut(subscriptions.state());
        }
    }

    /** Takes a Service or Endpoints resource of a host that is subscribed to. */
    void accept(ResourceType type, Resource resource) throws ResourceRejected {
        HostEntry entry = entry(resource.getName());
        if (entry == null) {
            return;
        }
        try {
            if (type == SERVICE) {
                Service wire = type.parse(Service.class, resource.getName(), resource.getResource());
                requireHost(type, resource.getName(), wire.getHost());
                entry.take(wire);
            } else {
                Endpoints wire = type.parse(Endpoints.class, resource.getName(), resource.getResource());
                requireHost(type, resource.getName(), wire.getHost());
                entry.take(wire);
            }
        } catch (InvalidConfig e) {
            entry.rejected("its configuration cannot be used: " + e.getMessage());
            throw new ResourceRejected(type, resource.getName(), String.valueOf(e.getMessage()));
        }
        cache.put(type, resource);
    }

    private static void requireHost(ResourceType type, String name, String host) throws ResourceRejected {
        if (!host.equals(name)) {
            throw new ResourceRejected(type, name, "host: is \"" + host + "\", not the resource's name");
        }
    }

    void remove(ResourceType type, String name) {
        cache.remove(type, name);
        HostEntry entry = entry(name);
        if (entry == null) {
            return;
        }
        if (type == SERVICE) {
            entry.serviceRemoved(NearestNames.to(entry.host().service(), knownServices()));
        } else {
            entry.endpointsRemoved();
        }
    }

    private Stream<String> knownServices() {
        Stream<MeshHost> inUse =
                hosts.values().stream().filter(HostEntry::serviceKnown).map(HostEntry::host);
        Stream<MeshHost> kept =
                cache.names(SERVICE).stream().flatMap(name -> MeshHost.parse(name, "default").stream());
        return Stream.concat(inUse, kept).map(host -> host.service().toString());
    }

    private @Nullable HostEntry entry(String name) {
        return MeshHost.parse(name, "default").map(hosts::get).orElse(null);
    }

    /** Lets idle hosts go. */
    void sweep() {
        long limit = idle.get().toMillis();
        addresses.sweep(limit);
        for (HostEntry entry : hosts.values()) {
            if (!entry.hasWaiters() && entry.idleMs() >= limit) {
                release(entry);
            }
        }
    }

    private boolean evictOne() {
        Optional<HostEntry> oldest = hosts.values().stream()
                .filter(entry -> !entry.hasWaiters())
                .max(Comparator.comparingLong(HostEntry::idleMs));
        oldest.ifPresent(entry -> {
            counters.increment("discovery_evicted");
            release(entry);
        });
        return oldest.isPresent();
    }

    private void release(HostEntry entry) {
        hosts.remove(entry.host());
        subscriptions.unsubscribe(SERVICE, entry.host().toString());
        subscriptions.unsubscribe(ENDPOINTS, entry.host().toString());
    }

    Collection<HostEntry> entries() {
        return hosts.values();
    }
}
