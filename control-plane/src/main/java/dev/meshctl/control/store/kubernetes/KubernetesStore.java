package dev.meshctl.control.store.kubernetes;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Service;
import dev.meshctl.control.registry.kubernetes.KubernetesRegistry;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.ConflictException;
import dev.meshctl.control.store.Outcome;
import dev.meshctl.control.store.Quarantined;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Resources in the API server, followed by informers. An object that cannot be understood is counted and kept in
 * {@link #rejected()}; what it said before stays in use. Services are the cluster's own, as the registry has them.
 *
 * <p>Only a leader writes. Several changes are made one after the other: when one fails, those before it are made.
 */
public final class KubernetesStore implements ResourceStore {
    /** The kinds that are followed. */
    public static final List<Kind> KINDS = List.of(Kinds.HTTP_ROUTE, Kinds.GRPC_ROUTE, Kinds.TLS_ROUTE,
            Kinds.TCP_ROUTE, Kinds.SERVICE_EXPORT, Kinds.TRAFFIC_POLICY, Kinds.ACCESS_POLICY, Kinds.TRAFFIC_SHIFT, Kinds.MESH_LINK, Kinds.MESH);

    /** Of all kinds together; more are not in use, and counted. */
    private static final int MAX_OBJECTS = 100_000;
    private static final System.Logger LOG = System.getLogger(KubernetesStore.class.getName());

    private final Informers informers;
    private final KubernetesRegistry registry;
    private final ServedVersions versions;
    private final ObjectReader reader;
    private final ObjectCalls calls;
    private final BooleanSupplier leads;
    private final Counters counters;
    private final List<Consumer<List<Outcome>>> listeners = new CopyOnWriteArrayList<>();
    private final List<Runnable> objectListeners = new CopyOnWriteArrayList<>();
    private final ConcurrentSkipListMap<ResourceKey, Resource> resources = new ConcurrentSkipListMap<>();
    private final Map<ResourceKey, GenericKubernetesResource> objects = new ConcurrentHashMap<>();
    private final Map<ResourceKey, Rejected> rejected = new ConcurrentHashMap<>();
    private final Map<Kind, SharedIndexInformer<GenericKubernetesResource>> unsettled = new HashMap<>();

    /**
     * An object that is not in use, or whose older content is.
     *
     * @param reason what is wrong with it, for its owner
     */
    public record Rejected(GenericKubernetesResource object, String reason) {}

    /** Adds what it follows to the informers. */
    public KubernetesStore(KubernetesClient client, Informers informers, KubernetesRegistry registry,
            BooleanSupplier leads, Counters counters) {
        this.informers = informers;
        this.registry = registry;
        this.versions = new ServedVersions(client, counters);
        this.reader = new ObjectReader(client.getKubernetesSerialization());
        this.calls = new ObjectCalls(client, versions, reader, counters);
        this.leads = leads;
        this.counters = counters;
        for (Kind kind : KINDS) {
            informers.add(kind.plural(), calls.informer(kind)).addEventHandler(new Follow(kind));
        }
    }

    /**
     * Follows kinds that the API server does not know in the version that is followed in another one that it serves, as
     * after its custom resource definitions were installed or upgraded. To be called now and then, by one thread.
     *
     * @return true if a kind is followed anew
     */
    public boolean followServedVersions() {
        boolean anew = false;
        for (Kind kind : KINDS) {
            if (kind.versions().size() > 1 && informers.isMissing(kind.plural()) && versions.look(kind)) {
                SharedIndexInformer<GenericKubernetesResource> informer = calls.informer(kind);
                informer.addEventHandler(new Follow(kind));
                unsettled.put(kind, informers.replace(kind.plural(), informer));
                counters.increment("kind_followed_anew");
                anew = true;
            }
        }
        unsettled.entrySet().removeIf(entry -> settled(entry.getKey(), entry.getValue()));
        return anew;
    }

    /** What was deleted while nobody was told of it is forgotten, once it is known what there is. */
    private boolean settled(Kind kind, SharedIndexInformer<GenericKubernetesResource> informer) {
        if (!informer.hasSynced()) {
            return false;
        }
        Set<String> there = Set.copyOf(informer.getStore().listKeys());
        for (ResourceKey key : objects(kind)) {
            if (!there.contains(key.namespace() + "/" + key.name())) {
                object(key).ifPresent(object -> forget(kind, object));
            }
        }
        return true;
    }

    private final class Follow implements ResourceEventHandler<GenericKubernetesResource> {
        private final Kind kind;

        Follow(Kind kind) {
            this.kind = kind;
        }

        @Override
        public void onAdd(GenericKubernetesResource object) {
            take(kind, object);
        }

        @Override
        public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource after) {
            take(kind, after);
        }

        @Override
        public void onDelete(GenericKubernetesResource object, boolean finalStateUnknown) {
            forget(kind, object);
        }
    }

    private static ResourceKey key(Kind kind, GenericKubernetesResource object) {
        String namespace = object.getMetadata().getNamespace();
        return new ResourceKey(kind.name(), namespace == null ? "" : namespace, object.getMetadata().getName());
    }

    private void take(Kind kind, GenericKubernetesResource object) {
        ResourceKey key = key(kind, object);
        List<Outcome> changed = new ArrayList<>();
        synchronized (this) {
            GenericKubernetesResource known = objects.get(key);
            if (known != null && isOlder(object, known)) {
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
            return String.valueOf(object.getMetadata().getUid()).equals(String.valueOf(known.getMetadata().getUid()))
                    && Long.parseLong(object.getMetadata().getResourceVersion())
                            < Long.parseLong(known.getMetadata().getResourceVersion());
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private void forget(Kind kind, GenericKubernetesResource object) {
        ResourceKey key = key(kind, object);
        List<Outcome> changed = new ArrayList<>();
        synchronized (this) {
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
        List<Outcome> changed = outcomes.stream().filter(Outcome::changed).toList();
        if (!changed.isEmpty()) {
            listeners.forEach(l -> l.accept(changed));
        }
        objectListeners.forEach(Runnable::run);
    }

    @Override
    public void listen(Consumer<List<Outcome>> listener) {
        listeners.add(listener);
    }

    /** Adds who is told that any object has changed, also one that is not in use. */
    public void listenToObjects(Runnable listener) {
        objectListeners.add(listener);
    }

    @Override
    public Optional<Resource> get(ResourceKey key) {
        return key.kind().equals(Kinds.SERVICE.name())
                ? registry.declared(new ServiceName(key.name(), key.namespace())).map(Resource.class::cast)
                : Optional.ofNullable(resources.get(key));
    }

    @Override
    public Map<ResourceKey, Resource> all() {
        TreeMap<ResourceKey, Resource> all = new TreeMap<>(resources);
        registry.declared().forEach(s -> all.put(s.key(), s));
        return Collections.unmodifiableMap(all);
    }

    @Override
    public <R extends Resource> List<R> all(Class<R> type) {
        return type == Service.class
                ? registry.declared().stream().map(type::cast).toList()
                : resources.values().stream().filter(type::isInstance).map(type::cast).toList();
    }

    @Override
    public <R extends Resource> List<R> in(Kind kind, Class<R> type, String namespace) {
        if (type == Service.class) {
            return all(type).stream().filter(s -> s.metadata().namespace().equals(namespace)).toList();
        }
        ResourceKey from = new ResourceKey(kind.name(), namespace, "");
        // No name has the lowest character, so this ends the namespace.
        ResourceKey to = new ResourceKey(kind.name(), namespace + "\0", "");
        return resources.subMap(from, to).values().stream().map(type::cast).toList();
    }

    /** The object as the API server has it. */
    public Optional<GenericKubernetesResource> object(ResourceKey key) {
        return Optional.ofNullable(objects.get(key));
    }

    /** The objects of a kind that there are, in use or not. */
    public List<ResourceKey> objects(Kind kind) {
        return objects.keySet().stream().filter(key -> key.kind().equals(kind.name())).sorted().toList();
    }

    /**
     * Writes a status through its subresource, if the object is still the one given.
     *
     * @throws io.fabric8.kubernetes.client.KubernetesClientException with 409 if it is not
     */
    public void writeStatus(ResourceKey key, GenericKubernetesResource object, Map<String, Object> status) {
        Kind kind = Kinds.find(key.kind()).orElseThrow();
        take(kind, calls.status(kind, object, status));
    }

    /** Objects that cannot be understood. */
    public Map<ResourceKey, Rejected> rejected() {
        return Map.copyOf(rejected);
    }

    @Override
    public List<Quarantined> quarantined() {
        return rejected.entrySet().stream().map(e -> new Quarantined(e.getKey().toString(), e.getValue().reason())).toList();
    }

    @Override
    public List<Outcome> preview(List<Change> changes) throws ConflictException {
        List<Outcome> outcomes = new ArrayList<>();
        for (Change change : changes) {
            Optional<Resource> before = get(change.key());
            outcomes.add(switch (change) {
                case Change.Remove remove -> new Outcome(remove.key(), before, Optional.empty());
                case Change.Create create -> new Outcome(create.key(), before, Optional.of(create.resource()));
                case Change.Put put -> new Outcome(put.key(), before, Optional.of(put.resource()));
                case Change.Apply apply -> new Outcome(apply.key(), before, applied(apply, before));
            });
        }
        return outcomes;
    }

    /** What is there already stays as it is, its status too. */
    private Optional<Resource> applied(Change.Apply apply, Optional<Resource> before) {
        Kind kind = Kinds.find(apply.key().kind()).orElseThrow();
        boolean there = object(apply.key()).filter(o -> reader.hasIntentOf(apply.resource(), kind, o)).isPresent();
        return there ? before : Optional.of(apply.resource());
    }

    @Override
    public List<Outcome> write(List<Change> changes) throws ConflictException, IOException {
        List<Outcome> outcomes = new ArrayList<>();
        for (Change change : changes) {
            if (!leads.getAsBoolean()) {
                counters.increment("write_without_lease");
                throw new IOException("this replica of the control plane does not hold the lease; only the one that does writes");
            }
            outcomes.add(write(change));
        }
        return outcomes;
    }

    private Outcome write(Change change) throws ConflictException, IOException {
        Kind kind = Kinds.find(change.key().kind()).filter(KINDS::contains).orElseThrow(() -> new IOException(
                "a " + change.key().kind() + " is the cluster's to keep; change it by its API server"));
        Optional<Resource> before = get(change.key());
        Optional<GenericKubernetesResource> known = object(change.key());
        switch (change) {
            case Change.Remove remove -> {
                calls.delete(kind, remove.key());
                known.ifPresent(object -> forget(kind, object));
            }
            case Change.Create create -> take(kind, calls.create(kind, create.resource(), true));
            case Change.Put put -> take(kind, calls.put(kind, put.resource(), known, true));
            case Change.Apply apply -> take(kind, calls.put(kind, apply.resource(), known, false));
        }
        return new Outcome(change.key(), before, get(change.key()));
    }
}
