package dev.meshctl.proxy.config;

import static dev.meshctl.proxy.config.ResourceType.BUNDLE;
import static dev.meshctl.proxy.config.ResourceType.SETTINGS;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Settings;
import dev.meshctl.api.proto.xds.Node;
import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.Discovery;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of this proxy. Usable from disk right after {@link #open}; {@link #connect} starts the
 * subscription to the control plane, which may come and go without what is in use being lost.
 */
public final class MeshConfig implements AutoCloseable {
    private static final String DEFAULT_SETTINGS = "default";
    private static final Duration RECONNECT_BASE = Duration.ofMillis(100);
    private static final Duration MIN_IDLE = Duration.ofSeconds(1);

    private final ConfigLoop loop;
    private final ConfigCache cache;
    private final ConfigTiming timing;
    private final Counters counters;
    private final HostDirectory hosts;
    private final AccessDirectory access;
    private final LiveBundles bundles;
    private final Pending subscriptions = new Pending();
    private volatile Settings settings = Settings.getDefaultInstance();
    private volatile @Nullable ConfigStream stream;

    private MeshConfig(
            ConfigCache cache, TrustBundle bootstrap, ConfigTiming timing, InstantSource clock, Counters counters) {
        this.cache = cache;
        this.timing = timing;
        this.counters = counters;
        this.loop = new ConfigLoop(counters);
        this.bundles = new LiveBundles(bootstrap, cache, counters);
        this.hosts = new HostDirectory(loop, cache, timing, this::idle, clock, counters, subscriptions);
        this.access = new AccessDirectory(cache, subscriptions, counters);
    }

    /**
     * Reads what was kept on disk.
     *
     * @param directory of the cache; made if missing
     * @param bootstrap the bundle of the own trust domain, until the control plane sends a newer one
     * @throws IOException if the directory cannot be used
     */
    public static MeshConfig open(
            Path directory, TrustBundle bootstrap, ConfigTiming timing, InstantSource clock, Counters counters)
            throws IOException {
        ConfigCache cache = ConfigCache.open(
                directory, ConfigCache.Limits.DEFAULT, timing.cacheDebounce(), counters);
        MeshConfig config = new MeshConfig(cache, bootstrap, timing, clock, counters);
        config.loadShared();
        config.loop.every(timing.sweep(), config::sweep);
        return config;
    }

    private void loadShared() {
        bundles.load().forEach(subscriptions::known);
        subscriptions.subscribe(BUNDLE, ResourceType.WILDCARD, Optional.empty());
        Optional<String> version = cache.read(SETTINGS, DEFAULT_SETTINGS).flatMap(resource -> {
            try {
                settings = SETTINGS.parse(Settings.class, DEFAULT_SETTINGS, resource.getResource());
                return Optional.of(resource.getVersion());
            } catch (ResourceRejected e) {
                counters.increment("cache_incompatible");
                return Optional.empty();
            }
        });
        subscriptions.subscribe(SETTINGS, DEFAULT_SETTINGS, version);
    }

    /** Starts the subscription, under this node's name. The channel stays the caller's. To be called once. */
    public void connect(ManagedChannel channel, String node, String cluster, RandomGenerator random) {
        Node self = Node.newBuilder().setId(node).setCluster(cluster).build();
        Duration base = timing.reconnectMax().compareTo(RECONNECT_BASE) < 0 ? timing.reconnectMax() : RECONNECT_BASE;
        Backoff backoff = new Backoff(base, timing.reconnectMax(), random);
        loop.execute(() -> {
            ConfigStream opened = new ConfigStream(channel, self, loop, new Sink(), backoff, counters);
            stream = opened;
            subscriptions.handOver(opened);
            opened.connect();
        });
    }

    /** The look-up of hosts, for the data path. */
    public Discovery discovery() {
        return hosts;
    }

    /**
     * Keeps asking what has an address.
     *
     * @param onChange told the first answer and each change of it, on the thread of the configuration; must not block
     */
    public void watch(InetAddress address, Consumer<Addressed> onChange) {
        loop.execute(() -> hosts.addresses().watch(address, onChange));
    }

    /** The bundles trusted now. */
    public BundleSource bundles() {
        return bundles;
    }

    /** Has this told each time after a trust domain is no longer trusted, on the thread of the configuration; must not block. */
    public void onDistrust(Runnable listener) {
        bundles.onDistrust(listener);
    }

    /** The mesh's settings; the defaults of the message until they are known. */
    public Settings settings() {
        return settings;
    }

    /** How the subscription stands. */
    public ConfigStatus status() {
        ConfigStream current = stream;
        return current == null ? ConfigStatus.NOT_CONNECTED : current.status();
    }

    /** The policies of a service, kept up to date until closed. */
    public interface AccessHandle extends Supplier<CompiledAccess>, AutoCloseable {
        /**
         * Waits until the policies are known.
         *
         * @return false if they are not within the time; until they are, nobody may call
         */
        boolean awaitKnown(Duration timeout) throws InterruptedException;

        @Override
        void close();
    }

    /** Subscribes to the policies of a service whose workload is hosted here. */
    public AccessHandle access(ServiceName service) {
        CompletableFuture<AccessDirectory.Entry> entry = new CompletableFuture<>();
        loop.execute(() -> entry.complete(access.use(service)));
        return new SubscribedAccess(service, entry.orTimeout(5, TimeUnit.SECONDS).join());
    }

    /** The hosts in use, by name. */
    public List<HostView> hosts() {
        List<HostView> views = new ArrayList<>();
        for (HostEntry entry : hosts.entries()) {
            Discovered answer = entry.answer();
            views.add(new HostView(entry.host(), state(answer),
                    answer instanceof Discovered.Found found ? found.service() : null,
                    entry.fromDisk(), entry.idleMs()));
        }
        views.sort(Comparator.comparing(view -> view.host().toString()));
        return views;
    }

    private static String state(@Nullable Discovered answer) {
        return switch (answer) {
            case null -> "waiting";
            case Discovered.Found found -> "found";
            case Discovered.NoSuchService none -> "no_such_service";
            case Discovered.Unavailable unavailable -> "unavailable";
        };
    }

    private Duration idle() {
        int set = settings.getIdleUnsubscribeMs();
        Duration idle = set == 0 ? timing.idle() : Duration.ofMillis(Integer.toUnsignedLong(set));
        return idle.compareTo(MIN_IDLE) < 0 ? MIN_IDLE : idle;
    }

    private void sweep() {
        hosts.sweep();
        ConfigStream current = stream;
        if (current != null) {
            current.publishStatus();
        }
    }

    /** Lets idle hosts go now, as is done every few seconds anyway. */
    void sweepNow() {
        loop.execute(this::sweep);
    }

    /** Ends the subscription and writes what waits to be written. */
    @Override
    public void close() {
        loop.execute(() -> {
            if (stream != null) {
                stream.close();
            }
        });
        loop.close();
        cache.close();
    }

    /** Where the stream's resources go. */
    private final class Sink implements ConfigStream.Sink {
        @Override
        public void accept(ResourceType type, Resource resource) throws ResourceRejected {
            switch (type) {
                case SERVICE, ENDPOINTS -> hosts.accept(type, resource);
                case ACCESS -> access.accept(resource);
                case ADDRESS -> hosts.addresses().accept(resource);
                case BUNDLE -> bundles.accept(resource);
                case SETTINGS -> {
                    settings = SETTINGS.parse(Settings.class, resource.getName(), resource.getResource());
                    cache.put(SETTINGS, resource);
                }
            }
        }

        @Override
        public void remove(ResourceType type, String name) {
            switch (type) {
                case SERVICE, ENDPOINTS -> hosts.remove(type, name);
                case ACCESS -> access.remove(name);
                case ADDRESS -> hosts.addresses().remove(name);
                case BUNDLE -> bundles.remove(name);
                case SETTINGS -> counters.increment("settings_removal_ignored");
            }
        }
    }

    /** Gathers subscriptions until there is a stream, then passes them on. Belongs to the configuration loop. */
    private static final class Pending implements HostDirectory.Subscriptions {
        private record Key(ResourceType type, String name) {}

        private final Map<Key, Optional<String>> waiting = new LinkedHashMap<>();
        private final Map<String, String> knownBundles = new LinkedHashMap<>();
        private @Nullable ConfigStream stream;

        void known(String bundle, String version) {
            knownBundles.put(bundle, version);
        }

        void handOver(ConfigStream opened) {
            stream = opened;
            knownBundles.forEach((name, version) -> opened.known(BUNDLE, name, version));
            waiting.forEach((key, version) -> opened.subscribe(key.type(), key.name(), version));
            waiting.clear();
        }

        @Override
        public void subscribe(ResourceType type, String name, Optional<String> knownVersion) {
            if (stream == null) {
                waiting.put(new Key(type, name), knownVersion);
            } else {
                stream.subscribe(type, name, knownVersion);
            }
        }

        @Override
        public void unsubscribe(ResourceType type, String name) {
            if (stream == null) {
                waiting.remove(new Key(type, name));
            } else {
                stream.unsubscribe(type, name);
            }
        }

        @Override
        public boolean answersAfresh(ResourceType type) {
            return stream != null && stream.answersAfresh(type);
        }

        @Override
        public boolean connected() {
            return stream != null && stream.isConnected();
        }

        @Override
        public String state() {
            if (stream == null) {
                return "the proxy is not connected to its control plane yet";
            }
            return stream.isConnected()
                    ? "the control plane has not answered in time"
                    : "the control plane is away (" + stream.status().error() + ") and nothing is kept of the host";
        }
    }

    private final class SubscribedAccess implements AccessHandle {
        private final ServiceName service;
        private final AccessDirectory.Entry entry;
        private final AtomicBoolean closed = new AtomicBoolean();

        SubscribedAccess(ServiceName service, AccessDirectory.Entry entry) {
            this.service = service;
            this.entry = entry;
        }

        @Override
        public CompiledAccess get() {
            return entry.get();
        }

        @Override
        public boolean awaitKnown(Duration timeout) throws InterruptedException {
            return entry.awaitKnown(timeout);
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                loop.execute(() -> access.letGo(service));
            }
        }
    }
}
