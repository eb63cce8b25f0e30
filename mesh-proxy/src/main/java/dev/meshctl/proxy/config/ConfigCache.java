package dev.meshctl.proxy.config;

import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The last good resources on disk, one file each, so that a proxy starts and serves when no control
 * plane answers. Writes are gathered for a moment and made by a thread of their own; a file that is
 * not whole is discarded and counted; when the bounds are reached the resource that changed longest
 * ago goes first. A failing disk costs the cache, never the traffic.
 *
 * <p>Counted causes: {@code cache_corrupt}, {@code cache_evicted}, {@code cache_write_failed},
 * {@code cache_read_failed}.
 */
final class ConfigCache implements AutoCloseable {
    /** Bounds of the cache. */
    record Limits(int maxFiles, long maxBytes, int maxFileBytes) {
        static final Limits DEFAULT = new Limits(8192, 64L << 20, 8 << 20);
    }

    private record Key(ResourceType type, String name) {}

    private record Stored(Path file, long bytes) {}

    private static final System.Logger LOG = System.getLogger(ConfigCache.class.getName());

    private final Path directory;
    private final Limits limits;
    private final Counters counters;
    private final Duration debounce;
    private final ScheduledThreadPoolExecutor writer;

    // Guarded by this. Oldest change first.
    private final LinkedHashMap<Key, Stored> stored = new LinkedHashMap<>();
    private final Map<Key, Optional<Resource>> pending = new LinkedHashMap<>();
    private long storedBytes;
    private boolean flushScheduled;
    private boolean writeFailing;

    private ConfigCache(Path directory, Limits limits, Duration debounce, Counters counters) {
        this.directory = directory;
        this.limits = limits;
        this.debounce = debounce;
        this.counters = counters;
        this.writer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("mesh-config-cache").factory());
        writer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /**
     * Opens the cache and checks every file in it.
     *
     * @param directory made if missing, 0700
     * @param debounce how long changes are gathered before they are written
     * @throws IOException if the directory can neither be made nor listed
     */
    static ConfigCache open(Path directory, Limits limits, Duration debounce, Counters counters) throws IOException {
        PrivateDirectory.create(directory);
        ConfigCache cache = new ConfigCache(directory, limits, debounce, counters);
        cache.index();
        return cache;
    }

    /** The last good resource, from what waits to be written or from disk. */
    synchronized Optional<Resource> read(ResourceType type, String name) {
        Key key = new Key(type, name);
        Optional<Resource> waiting = pending.get(key);
        if (waiting != null) {
            return waiting;
        }
        Stored file = stored.get(key);
        return file == null ? Optional.empty() : load(file.file()).filter(found -> keyOf(found).equals(Optional.of(key)));
    }

    /** Names of one type, in no order. */
    synchronized List<String> names(ResourceType type) {
        Map<Key, Boolean> keys = new HashMap<>();
        stored.keySet().forEach(key -> keys.put(key, true));
        pending.forEach((key, resource) -> keys.put(key, resource.isPresent()));
        return keys.entrySet().stream()
                .filter(entry -> entry.getValue() && entry.getKey().type() == type)
                .map(entry -> entry.getKey().name())
                .toList();
    }

    synchronized void put(ResourceType type, Resource resource) {
        change(new Key(type, resource.getName()), Optional.of(resource));
    }

    synchronized void remove(ResourceType type, String name) {
        Key key = new Key(type, name);
        if (stored.containsKey(key) || pending.containsKey(key)) {
            change(key, Optional.empty());
        }
    }

    private void change(Key key, Optional<Resource> resource) {
        pending.remove(key);
        pending.put(key, resource);
        if (!flushScheduled && !writer.isShutdown()) {
            flushScheduled = true;
            var unused = writer.schedule(this::flush, debounce.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Writes what waits. */
    void flush() {
        synchronized (this) {
            flushScheduled = false;
        }
        for (Map.Entry<Key, Optional<Resource>> change = oldestPending(); change != null; change = oldestPending()) {
            write(change.getKey(), change.getValue());
            synchronized (this) {
                pending.remove(change.getKey(), change.getValue());
            }
        }
    }

    private synchronized Map.@Nullable Entry<Key, Optional<Resource>> oldestPending() {
        for (Map.Entry<Key, Optional<Resource>> entry : pending.entrySet()) {
            return Map.entry(entry.getKey(), entry.getValue());
        }
        return null;
    }

    private void write(Key key, Optional<Resource> resource) {
        Path file = directory.resolve(CacheRecord.fileName(key.type(), key.name()));
        try {
            if (resource.isEmpty()) {
                Files.deleteIfExists(file);
                forget(key);
                return;
            }
            byte[] bytes = CacheRecord.encode(resource.get());
            if (bytes.length > limits.maxFileBytes()) {
                counters.increment("cache_too_large");
                return;
            }
            DurableFile.write(file, bytes, DurableFile.PRIVATE);
            remember(key, new Stored(file, bytes.length));
            writeFailing = false;
        } catch (IOException e) {
            counters.increment("cache_write_failed");
            if (!writeFailing) {
                writeFailing = true;
                LOG.log(Level.WARNING, "cannot keep configuration in {0} ({1}); free some space: after a restart "
                        + "without a control plane this proxy would serve what it kept before", directory, e);
            }
        }
    }

    private synchronized void remember(Key key, Stored file) throws IOException {
        forget(key);
        stored.put(key, file);
        storedBytes += file.bytes();
        while (stored.size() > limits.maxFiles() || storedBytes > limits.maxBytes()) {
            Key oldest = stored.firstEntry().getKey();
            Files.deleteIfExists(stored.firstEntry().getValue().file());
            forget(oldest);
            counters.increment("cache_evicted");
        }
    }

    private synchronized void forget(Key key) {
        Stored old = stored.remove(key);
        if (old != null) {
            storedBytes -= old.bytes();
        }
    }

    private void index() throws IOException {
        List<Path> files;
        try (Stream<Path> list = Files.list(directory)) {
            files = new ArrayList<>(list.filter(f -> f.toString().endsWith(CacheRecord.SUFFIX)).toList());
        }
        files.sort(Comparator.comparingLong(file -> file.toFile().lastModified()));
        for (Path file : files) {
            Optional<Resource> resource = load(file);
            Optional<Key> key = resource.flatMap(ConfigCache::keyOf);
            if (key.isPresent()) {
                remember(key.get(), new Stored(file, file.toFile().length()));
            }
        }
    }

    private Optional<Resource> load(Path file) {
        try {
            Optional<Resource> resource = DurableFile.read(file, limits.maxFileBytes()).flatMap(CacheRecord::decode);
            if (resource.flatMap(ConfigCache::keyOf).isEmpty()) {
                counters.increment("cache_corrupt");
                LOG.log(Level.WARNING, "discarded {0}: it is not a whole resource", file);
                Files.deleteIfExists(file);
                return Optional.empty();
            }
            return resource;
        } catch (IOException e) {
            counters.increment("cache_read_failed");
            LOG.log(Level.WARNING, "cannot read {0}: {1}", file, e);
            return Optional.empty();
        }
    }

    private static Optional<Key> keyOf(Resource resource) {
        return ResourceType.of(resource.getResource().getTypeUrl()).map(type -> new Key(type, resource.getName()));
    }

    /** Writes what waits, then ends the writer; waits at most 5 s. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            if (!writer.awaitTermination(5, TimeUnit.SECONDS)) {
                writer.shutdownNow();
                counters.increment("cache_write_failed");
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        flush();
    }
}
