package dev.meshctl.control.store.kubernetes;

import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.control.store.Outcome;
import dev.meshctl.control.store.OutcomeListeners;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The newest objects that this replica knows of, and what is in use of them: of one that cannot be understood, what it said
 * before. Whoever listens is told of each change. Safe for use by several threads.
 */
final class KnownObjects {
    /** Of all kinds together; more are not in use, and counted. */
    private static final int MAX_OBJECTS = 100_000;
    /** Of objects that are gone; a watch is behind by less. */
    private static final int MAX_GONE = 1000;
    private static final System.Logger LOG = System.getLogger(KnownObjects.class.getName());

    private final ObjectReader reader;
    private final Counters counters;
    private final OutcomeListeners listeners;
    private final List<Runnable> objectListeners = new CopyOnWriteArrayList<>();
    private final ConcurrentSkipListMap<ResourceKey, KnownObject> known = new ConcurrentSkipListMap<>();
    private final Set<String> gone = new LinkedHashSet<>();
    private int count;

    KnownObjects(ObjectReader reader, Counters counters) {
        this.reader = reader;
        this.counters = counters;
        this.listeners = new OutcomeListeners(counters);
    }

    /** Adds who is told of changes of what is in use. */
    void listen(Consumer<List<Outcome>> listener) {
        listeners.add(listener);
    }

    /** Adds who is told that any object has changed, also one that is not in use. */
    void listenToObjects(Runnable listener) {
        objectListeners.add(listener);
    }

    /** An object with what was made of it, as of one moment. */
    Optional<KnownObject> get(ResourceKey key) {
        return Optional.ofNullable(known.get(key));
    }

    /** All, in the order of kinds, namespaces and names; changes under the reader. */
    SortedMap<ResourceKey, KnownObject> all() {
        return Collections.unmodifiableSortedMap(known);
    }

    /** Those of one kind. No kind has the lowest character in its name, so that ends it. */
    SortedMap<ResourceKey, KnownObject> of(Kind kind) {
        return all().subMap(new ResourceKey(kind.name(), "", ""), new ResourceKey(kind.name() + "\0", "", ""));
    }

    /** Those of one kind in one namespace. */
    SortedMap<ResourceKey, KnownObject> of(Kind kind, String namespace) {
        return all().subMap(new ResourceKey(kind.name(), namespace, ""), new ResourceKey(kind.name(), namespace + "\0", ""));
    }

    private static ResourceKey key(Kind kind, GenericKubernetesResource object) {
        String namespace = object.getMetadata().getNamespace();
        return new ResourceKey(kind.name(), namespace == null ? "" : namespace, object.getMetadata().getName());
    }

    /** Takes what the API server says of an object, or has answered to a write of it. */
    void take(Kind kind, GenericKubernetesResource object) {
        ResourceKey key = key(kind, object);
        List<Outcome> changed = new ArrayList<>();
        synchronized (this) {
            Optional<KnownObject> before = get(key);
            // A watch may tell late how an object was that is gone, even after it was made anew.
            if (gone.contains(uid(object)) || before.isPresent() && isOlder(object, before.get().object())) {
                return;
            }
            if (before.isEmpty() && count == MAX_OBJECTS) {
                counters.increment("resource_over_limit");
                return;
            }
            Optional<Resource> inUse = before.flatMap(KnownObject::inUse);
            try {
                KnownObject now = new KnownObject(object, reader.read(kind, object), Optional.empty());
                put(key, now);
                changed.add(new Outcome(key, inUse, now.inUse()));
            } catch (InvalidResource e) {
                reject(key, object, reason(e));
            } catch (RuntimeException e) {
                counters.increment("resource_unreadable");
                reject(key, object, "it cannot be read: " + e.getMessage());
            }
        }
        tell(changed);
    }

    private void put(ResourceKey key, KnownObject now) {
        if (known.put(key, now) == null) {
            count++;
        }
    }

    /** Without line and column: an object has none, and its status would change with them. */
    private static String reason(InvalidResource invalid) {
        return invalid.problems().stream()
                .map(p -> (p.path().isEmpty() ? "" : p.path() + ": ") + p.message() + (p.hint().isEmpty() ? "" : "; " + p.hint()))
                .collect(Collectors.joining("; "));
    }

    private void reject(ResourceKey key, GenericKubernetesResource object, String reason) {
        Optional<KnownObject> before = get(key);
        Optional<Resource> inUse = before.flatMap(KnownObject::inUse);
        boolean isNew = !before.flatMap(KnownObject::problem).equals(Optional.of(reason));
        if (isNew) {
            counters.increment("resource_rejected");
        }
        put(key, new KnownObject(object, inUse, Optional.of(reason)));
        if (isNew) {
            LOG.log(System.Logger.Level.WARNING, () -> key + (inUse.isPresent() ? ": its last good content stays in use: "
                    : " is not in use: ") + reason);
        }
    }

    /** An own write may be known before the watch has told of the one before it. */
    private static boolean isOlder(GenericKubernetesResource object, GenericKubernetesResource known) {
        try {
            return uid(object).equals(uid(known))
                    && Long.parseLong(object.getMetadata().getResourceVersion())
                            < Long.parseLong(known.getMetadata().getResourceVersion());
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static String uid(GenericKubernetesResource object) {
        return String.valueOf(object.getMetadata().getUid());
    }

    /**
     * It was deleted, as the API server has confirmed or told: what a watch that is behind, or an answer to an earlier write
     * that is late, still tells of it is not heard. One that is only missed in a list may come back, since a list may be of
     * before it was made.
     */
    void deleted(Kind kind, GenericKubernetesResource object) {
        synchronized (this) {
            if (object.getMetadata().getUid() != null && gone.add(uid(object)) && gone.size() > MAX_GONE) {
                gone.remove(gone.iterator().next());
            }
        }
        forget(kind, object);
    }

    /** It is gone. Another one of its name, made since, stays. */
    void forget(Kind kind, GenericKubernetesResource object) {
        ResourceKey key = key(kind, object);
        List<Outcome> changed = new ArrayList<>();
        synchronized (this) {
            KnownObject before = known.get(key);
            if (before == null || !uid(before.object()).equals(uid(object))) {
                return;
            }
            known.remove(key);
            count--;
            before.inUse().ifPresent(resource -> changed.add(new Outcome(key, before.inUse(), Optional.empty())));
        }
        tell(changed);
    }

    private void tell(List<Outcome> outcomes) {
        listeners.tell(outcomes);
        objectListeners.forEach(this::tell);
    }

    /** One listener that fails must not keep the news, which nobody tells again, from the others. */
    private void tell(Runnable listener) {
        try {
            listener.run();
        } catch (RuntimeException e) {
            counters.increment("change_not_taken");
            LOG.log(System.Logger.Level.ERROR, "a change of resources was not taken by one of those who listen", e);
        }
    }
}
