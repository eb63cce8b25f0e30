package dev.meshctl.control.store.kubernetes;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Service;
import dev.meshctl.control.registry.kubernetes.KubernetesRegistry;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.ConflictException;
import dev.meshctl.control.store.Observed;
import dev.meshctl.control.store.Outcome;
import dev.meshctl.control.store.Quarantined;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Resources in the API server, followed by informers. An object that cannot be understood is counted and kept in
 * {@link #quarantined()}; what it said before stays in use. Services are the cluster's own, as the registry has them.
 *
 * <p>Only a leader writes. Several changes are made one after the other: when one fails, those before it are made.
 */
public final class KubernetesStore implements ResourceStore {
    /** The kinds that are followed. */
    public static final List<Kind> KINDS = List.of(Kinds.HTTP_ROUTE, Kinds.GRPC_ROUTE, Kinds.TLS_ROUTE,
            Kinds.TCP_ROUTE, Kinds.SERVICE_EXPORT, Kinds.TRAFFIC_POLICY, Kinds.ACCESS_POLICY, Kinds.TRAFFIC_SHIFT, Kinds.MESH_LINK, Kinds.MESH);

    private final KubernetesRegistry registry;
    private final ObjectReader reader;
    private final ObjectCalls calls;
    private final KnownObjects objects;
    private final FollowedKinds kinds;
    private final BooleanSupplier leads;
    private final Counters counters;

    /** Adds what it follows to the informers. */
    public KubernetesStore(KubernetesClient client, Informers informers, KubernetesRegistry registry,
            BooleanSupplier leads, Counters counters) {
        ServedVersions versions = new ServedVersions(client, counters);
        this.registry = registry;
        this.reader = new ObjectReader(client.getKubernetesSerialization());
        this.calls = new ObjectCalls(client, versions, reader, counters);
        this.objects = new KnownObjects(reader, counters);
        this.kinds = new FollowedKinds(informers, versions, calls, objects, counters);
        this.leads = leads;
        this.counters = counters;
    }

    /**
     * Follows kinds that the API server does not know in the version that is followed in another one that it serves, as
     * after its custom resource definitions were installed or upgraded. To be called now and then, by one thread.
     *
     * @return true if a kind is followed anew
     */
    public boolean followServedVersions() {
        return kinds.followServedVersions();
    }

    @Override
    public void listen(Consumer<List<Outcome>> listener) {
        objects.listen(listener);
    }

    /** Adds who is told that any object has changed, also one that is not in use. */
    public void listenToObjects(Runnable listener) {
        objects.listenToObjects(listener);
    }

    @Override
    public Optional<Resource> get(ResourceKey key) {
        return key.kind().equals(Kinds.SERVICE.name())
                ? registry.declared(new ServiceName(key.name(), key.namespace())).map(Resource.class::cast)
                : objects.get(key).flatMap(KnownObject::inUse);
    }

    @Override
    public Map<ResourceKey, Resource> all() {
        TreeMap<ResourceKey, Resource> all = new TreeMap<>();
        objects.all().forEach((key, known) -> known.inUse().ifPresent(resource -> all.put(key, resource)));
        registry.declared().forEach(s -> all.put(s.key(), s));
        return Collections.unmodifiableMap(all);
    }

    @Override
    public <R extends Resource> List<R> all(Class<R> type) {
        return type == Service.class
                ? registry.declared().stream().map(type::cast).toList()
                : objects.all().values().stream().flatMap(known -> known.inUse().stream()).filter(type::isInstance).map(type::cast).toList();
    }

    @Override
    public <R extends Resource> List<R> in(Kind kind, Class<R> type, String namespace) {
        if (type == Service.class) {
            return all(type).stream().filter(s -> s.metadata().namespace().equals(namespace)).toList();
        }
        return objects.of(kind, namespace).values().stream().flatMap(known -> known.inUse().stream()).map(type::cast).toList();
    }

    /** An object as the API server has it, with what was made of it. */
    public Optional<KnownObject> known(ResourceKey key) {
        return objects.get(key);
    }

    @Override
    public Optional<Observed> observed(ResourceKey key) {
        return objects.get(key).map(KnownObject::object).map(object -> new Observed(
                object.getMetadata().getGeneration() == null ? 0 : object.getMetadata().getGeneration(),
                object.getAdditionalProperties().get("status") instanceof Map<?, ?> status ? status : Map.of()));
    }

    /** The objects of a kind that there are, in use or not. */
    public List<ResourceKey> objects(Kind kind) {
        return List.copyOf(objects.of(kind).keySet());
    }

    /**
     * Writes a status through its subresource, if the object is still the one given.
     *
     * @throws io.fabric8.kubernetes.client.KubernetesClientException with 409 if it is not
     */
    public void writeStatus(ResourceKey key, GenericKubernetesResource object, Map<String, Object> status) {
        Kind kind = Kinds.find(key.kind()).orElseThrow();
        objects.take(kind, calls.status(kind, object, status));
    }

    /** Objects that cannot be understood. */
    public Map<ResourceKey, KnownObject> rejected() {
        TreeMap<ResourceKey, KnownObject> rejected = new TreeMap<>();
        objects.all().forEach((key, known) -> known.problem().ifPresent(problem -> rejected.put(key, known)));
        return rejected;
    }

    @Override
    public List<Quarantined> quarantined() {
        return objects.all().entrySet().stream().flatMap(e -> e.getValue().problem().stream()
                .map(problem -> new Quarantined(e.getKey().toString(), problem))).toList();
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
        boolean there = objects.get(apply.key()).filter(o -> reader.hasIntentOf(apply.resource(), kind, o.object())).isPresent();
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
        Optional<GenericKubernetesResource> known = objects.get(change.key()).map(KnownObject::object);
        switch (change) {
            case Change.Remove remove -> {
                calls.delete(kind, remove.key());
                known.ifPresent(object -> objects.deleted(kind, object));
            }
            case Change.Create create -> objects.take(kind, calls.create(kind, create.resource(), true));
            case Change.Put put -> objects.take(kind, calls.put(kind, put.resource(), known, true));
            case Change.Apply apply -> objects.take(kind, calls.put(kind, apply.resource(), known, false));
        }
        return new Outcome(change.key(), before, get(change.key()));
    }
}
