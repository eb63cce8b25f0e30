package dev.meshctl.control.store;

import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Resources in files. Several changes are made all or none, also when the process dies
 * or the disk fills up in between. Reading never waits for writing.
 */
public final class FileStore implements ResourceStore {
    /** The most resources that one store holds. */
    public static final int MAX_RESOURCES = 100_000;

    private static final System.Logger LOG = System.getLogger(FileStore.class.getName());

    private final ResourceFiles files;
    private final IntentLog intents;
    private final InstantSource clock;
    private final Counters counters;
    private final OutcomeListeners listeners;
    private final Map<Path, Quarantined> quarantined = new LinkedHashMap<>();
    private volatile TreeMap<ResourceKey, Resource> resources = new TreeMap<>();
    private List<Outcome> unfinished = List.of();
    private long lastVersion;

    /**
     * Opens the store and finishes a write that was interrupted. A file that cannot be read is left where it is,
     * named in the log and in {@link #quarantined()}; all others are in use.
     */
    public FileStore(Path directory, InstantSource clock, Counters counters) throws IOException {
        this.clock = clock;
        this.counters = counters;
        this.listeners = new OutcomeListeners(counters);
        this.files = new ResourceFiles(directory);
        this.intents = new IntentLog(files.root());
        files.sweep();
        Optional<List<Outcome>> interrupted = intents.read();
        if (interrupted.isPresent()) {
            counters.increment("store_write_resumed");
            carryOut(interrupted.get());
        }
        TreeMap<ResourceKey, Resource> read = new TreeMap<>();
        for (Path file : files.all()) {
            load(file, read);
        }
        resources = read;
    }

    private void load(Path file, Map<ResourceKey, Resource> into) {
        try {
            Resource resource = files.read(file);
            if (!files.of(resource.key()).equals(file)) {
                quarantine(file, "it holds " + resource.key() + ", which does not belong there");
                return;
            }
            into.put(resource.key(), resource);
            lastVersion = Math.max(lastVersion, version(resource));
        } catch (IOException | InvalidResource e) {
            quarantine(file, String.valueOf(e.getMessage()));
        }
    }

    private void quarantine(Path file, String reason) {
        counters.increment("store_file_corrupt");
        quarantined.put(file, new Quarantined(file.toString(), reason));
        LOG.log(System.Logger.Level.ERROR, () -> file + " is not in use: " + reason
                + "; apply the resource again, or remove the file and restart the control plane");
    }

    private static long version(Resource resource) {
        try {
            return Long.parseLong(resource.metadata().resourceVersion());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    @Override
    public void listen(Consumer<List<Outcome>> listener) {
        listeners.add(listener);
    }

    @Override
    public Optional<Resource> get(ResourceKey key) {
        return Optional.ofNullable(resources.get(key));
    }

    @Override
    public <R extends Resource> List<R> in(Kind kind, Class<R> type, String namespace) {
        ResourceKey from = new ResourceKey(kind.name(), namespace, "");
        // No name has the lowest character, so this ends the namespace.
        ResourceKey to = new ResourceKey(kind.name(), namespace + "\0", "");
        return resources.subMap(from, to).values().stream().map(type::cast).toList();
    }

    @Override
    public Map<ResourceKey, Resource> all() {
        return Collections.unmodifiableMap(resources);
    }

    /** Files that could not be read at the start and have not been replaced since. */
    @Override
    public synchronized List<Quarantined> quarantined() {
        return List.copyOf(quarantined.values());
    }

    @Override
    public synchronized List<Outcome> preview(List<Change> changes) throws ConflictException {
        List<Outcome> outcomes = new ArrayList<>();
        for (Change change : changes) {
            outcomes.add(outcome(change));
        }
        return outcomes;
    }

    /** Makes all changes, or none. */
    @Override
    public List<Outcome> write(List<Change> changes) throws ConflictException, IOException {
        List<Outcome> outcomes;
        synchronized (this) {
            finish();
            outcomes = preview(changes);
            List<Outcome> effective = outcomes.stream().filter(Outcome::changed).toList();
            commit(effective);
        }
        listeners.tell(outcomes);
        return outcomes;
    }

    private void commit(List<Outcome> outcomes) throws IOException {
        TreeMap<ResourceKey, Resource> next = new TreeMap<>(resources);
        for (Outcome outcome : outcomes) {
            outcome.after().ifPresentOrElse(r -> next.put(outcome.key(), r), () -> next.remove(outcome.key()));
        }
        if (next.size() > MAX_RESOURCES && next.size() > resources.size()) {
            throw new IOException("the store holds " + resources.size() + " resources, and may hold at most " + MAX_RESOURCES);
        }
        if (outcomes.size() == 1) {
            carryOut(outcomes.getFirst());
        } else if (!outcomes.isEmpty()) {
            intents.write(outcomes);
            // From here on it is decided. What cannot be carried out now is so before the next write.
            unfinished = outcomes;
            try {
                finish();
            } catch (IOException e) {
                counters.increment("store_write_unfinished");
                LOG.log(System.Logger.Level.WARNING, "a write is in use but not yet in its files; it will be at the next write"
                        + " or start: {0}", e.getMessage());
            }
        }
        resources = next;
    }

    private void finish() throws IOException {
        if (!unfinished.isEmpty()) {
            carryOut(unfinished);
            unfinished = List.of();
        }
    }

    private void carryOut(List<Outcome> outcomes) throws IOException {
        for (Outcome outcome : outcomes) {
            carryOut(outcome);
        }
        intents.clear();
    }

    private void carryOut(Outcome outcome) throws IOException {
        Path file = files.of(outcome.key());
        if (quarantined.containsKey(file)) {
            files.setAside(file);
        }
        if (outcome.after().isPresent()) {
            files.write(outcome.after().get());
        } else {
            files.delete(outcome.key());
        }
        quarantined.remove(file);
    }

    private Outcome outcome(Change change) throws ConflictException {
        Optional<Resource> before = get(change.key());
        String current = before.map(r -> r.metadata().resourceVersion()).orElse("");
        return switch (change) {
            case Change.Remove remove -> new Outcome(remove.key(), before, Optional.empty());
            case Change.Create create -> {
                if (before.isPresent()) {
                    throw conflict(create.key(), "none", current);
                }
                yield put(create.key(), create.resource(), before);
            }
            case Change.Put put -> {
                requireVersion(put.resource(), current);
                yield put(put.key(), put.resource(), before);
            }
            case Change.Apply apply -> {
                requireVersion(apply.resource(), current);
                yield put(apply.key(), withStatusOf(before, apply.resource()), before);
            }
        };
    }

    private void requireVersion(Resource resource, String current) throws ConflictException {
        String given = resource.metadata().resourceVersion();
        if (!given.isEmpty() && !given.equals(current)) {
            throw conflict(resource.key(), given, current);
        }
    }

    private static Resource withStatusOf(Optional<Resource> before, Resource resource) {
        return switch (resource) {
            case TrafficShift shift -> shift.withStatus(before.map(TrafficShift.class::cast)
                    .map(TrafficShift::status).orElse(TrafficShift.Status.PENDING));
            case MeshLink link -> link.withStatus(before.map(MeshLink.class::cast).map(MeshLink::status).orElse(MeshLink.Status.PENDING));
            case Resource other -> other;
        };
    }

    private ConflictException conflict(ResourceKey key, String given, String current) {
        counters.increment("store_conflict");
        return new ConflictException(key, given, current);
    }

    private Outcome put(ResourceKey key, Resource wanted, Optional<Resource> before) {
        if (before.isPresent() && bare(before.get()).equals(bare(wanted))) {
            return new Outcome(key, before, before);
        }
        return new Outcome(key, before, Optional.of(stamped(wanted, before)));
    }

    private Resource stamped(Resource wanted, Optional<Resource> before) {
        lastVersion = Math.max(lastVersion + 1, clock.millis() * 1000);
        boolean sameIntent = before.isPresent() && intent(before.get()).equals(intent(wanted));
        long generation = before.map(r -> r.metadata().generation()).orElse(0L) + (sameIntent ? 0 : 1);
        Instant created = before.flatMap(r -> r.metadata().creationTimestamp()).orElse(clock.instant());
        return wanted.withMetadata(wanted.metadata().stored(Long.toString(lastVersion), generation, created));
    }

    /** Without what the store sets. */
    private static Resource bare(Resource resource) {
        Metadata m = resource.metadata();
        return resource.withMetadata(
                new Metadata(m.name(), m.namespace(), m.labels(), m.annotations(), "", 0, Optional.empty()));
    }

    /** Without what is not the user's. */
    private static Resource intent(Resource resource) {
        return switch (bare(resource)) {
            case TrafficShift shift -> shift.withStatus(TrafficShift.Status.PENDING);
            case MeshLink link -> link.withStatus(MeshLink.Status.PENDING);
            case Resource other -> other;
        };
    }
}
