package dev.meshctl.control.store.kubernetes;

import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.control.store.Outcome;
import dev.meshctl.control.store.OutcomeListeners;
import dev.meshctl.control.store.kubernetes.KubernetesStore.Rejected;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
    private final ConcurrentSkipListMap<ResourceKey, Resource> resources = new ConcurrentSkipListMap<>();
    private final Map<ResourceKey, GenericKubernetesResource> objects = new ConcurrentHashMap<>();
    private final Map<ResourceKey, Rejected> rejected = new ConcurrentHashMap<>();
    private final Set<String> gone = new LinkedHashSet<>();

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

    /** What is in use, in the order of kinds, namespaces and names; changes under the reader. */
    ConcurrentSkipListMap<ResourceKey, Resource> inUse() {
        return resources;
    }

    Optional<GenericKubernetesResource> object(ResourceKey key) {
        return Optional.ofNullable(objects.get(key));
    }

    /** The objects of a kind that there are, in use or not. */
    List<ResourceKey> of(Kind kind) {
        return objects.keySet().stream().filter(key -> key.kind().equals(kind.name())).sorted().toList();
    }

    Map<ResourceKey, Rejected> rejected() {
        return Map.copyOf(rejected);
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
            GenericKubernetesResource known = objects.get(key);
            // A watch may tell late how an object was that is gone, even after it was made anew.
            if (gone.contains(uid(object)) || known != null && isOlder(object, known)) {
                return;
            }
            if (known == null && objects.size() >= MAX_OBJECTS) {
                counters.increment("resource_over_limit");
                return;
            }
            objects.put(key, object);
            Optional<Resource> before = Optional.ofNullable(resources.get(key));
            try {
                Optional<Resource> after = reader.read(kind, object);
                rejected.remove(key);
                after.ifPresentOrElse(r -> resources.put(key, r), () -> resources.remove(key));
                changed.add(new Outcome(key, before, after));
            } catch (InvalidResource e) {
                reject(key, object, reason(e));
            } catch (RuntimeException e) {
                counters.increment("resource_unreadable");
                reject(key, object, "it cannot be read: " + e.getMessage());
            }
        }
        tell(changed);
    }

    /** Without line and column: an object has none, and its status would change with them. */
    private static String reason(InvalidResource invalid) {
        return invalid.problems().stream()
                .map(p -> (p.path().isEmpty() ? "" : p.path() + ": ") + p.message() + (p.hint().isEmpty() ? "" : "; " + p.hint()))
                .collect(Collectors.joining("; "));
    }

    private void reject(ResourceKey key, GenericKubernetesResource object, String reason) {
        Rejected before = rejected.put(key, new Rejected(object, reason));
        if (before == null || !before.reason().equals(reason)) {
            counters.increment("resource_rejected");
            LOG.log(System.Logger.Level.WARNING, () -> key + (resources.containsKey(key) ? ": its last good content stays in use: "
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
            GenericKubernetesResource known = objects.get(key);
            if (known != null && !uid(known).equals(uid(object))) {
                return;
            }
            objects.remove(key);
            rejected.remove(key);
            Resource before = resources.remove(key);
            if (before != null) {
                changed.add(new Outcome(key, Optional.of(before), Optional.empty()));
            }
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
