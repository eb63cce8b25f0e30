package dev.meshctl.control.status;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.AccessPolicy;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.Service;
import dev.meshctl.api.resource.TrafficPolicy;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.control.policy.ServiceCatalog;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.registry.kubernetes.KubernetesRegistry;
import dev.meshctl.control.store.Outcome;
import dev.meshctl.control.store.kubernetes.KnownObject;
import dev.meshctl.control.store.kubernetes.KubernetesStore;
import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Says of routes, exports and policies what the mesh makes of them. Looks at all there is and writes only what differs, always
 * for the version that it has read; what has changed meanwhile is looked at again. Conditions of other controllers are
 * left as they are.
 */
public final class StatusWriter {
    /** By which Gateway API tells the conditions of one implementation from those of others. */
    public static final String CONTROLLER = "meshctl.dev/control-plane";

    /** "A maximum of 32 Gateways will be represented in this list": of all controllers together. */
    private static final int MAX_PARENTS = 32;

    private static final System.Logger LOG = System.getLogger(StatusWriter.class.getName());

    private final KubernetesStore store;
    private final KubernetesRegistry registry;
    private final ServiceCatalog catalog;
    private final ImportRegistry imports;
    private final BooleanSupplier leads;
    private final InstantSource clock;
    private final Counters counters;
    private final Events events;
    private final Map<ResourceKey, String> told = new HashMap<>();

    /**
     * Makes it; it begins to look when told.
     *
     * @param instance this replica, named in events
     * @param leads asked before each write
     */
    public StatusWriter(KubernetesClient client, KubernetesStore store, KubernetesRegistry registry, ServiceCatalog catalog,
            ImportRegistry imports, String instance, BooleanSupplier leads, InstantSource clock, Counters counters) {
        this.store = store;
        this.registry = registry;
        this.catalog = catalog;
        this.imports = imports;
        this.leads = leads;
        this.clock = clock;
        this.counters = counters;
        this.events = new Events(client, instance, clock, counters);
    }

    /** Looks at all objects once. */
    public void look() {
        Set<String> namespaces = registry.namespacesOfMesh();
        RouteConditions routes = new RouteConditions(catalog, store.all(Route.class));
        for (Kind kind : Kinds.ROUTES) {
            each(kind, (key, known) -> {
                if (namespaces.contains(key.namespace())) {
                    route(key, known, routes);
                }
            });
        }
        each(Kinds.SERVICE_EXPORT, this::export);
        PolicyConditions policies =
                new PolicyConditions(catalog, store.all(TrafficPolicy.class), store.all(AccessPolicy.class));
        for (Kind kind : List.of(Kinds.TRAFFIC_POLICY, Kinds.ACCESS_POLICY)) {
            each(kind, (key, known) -> policy(key, known, policies));
        }
        Map<ResourceKey, KnownObject> rejected = store.rejected();
        told.keySet().retainAll(rejected.keySet());
        rejected.forEach(this::rejection);
    }

    private void each(Kind kind, BiConsumer<ResourceKey, KnownObject> look) {
        for (ResourceKey key : store.objects(kind)) {
            if (leads.getAsBoolean()) {
                store.known(key).ifPresent(known -> look.accept(key, known));
            }
        }
    }

    private void route(ResourceKey key, KnownObject known, RouteConditions all) {
        GenericKubernetesResource object = known.object();
        Optional<Route> route = known.inUse().map(Route.class::cast);
        List<Object> parents = new ArrayList<>();
        List<?> before = list(map(object.getAdditionalProperties().get("status")).get("parents"));
        before.stream().filter(p -> !CONTROLLER.equals(map(p).get("controllerName"))).forEach(parents::add);
        boolean changed = false;
        int service = 0;
        int own = 0;
        for (Object parentRef : list(map(object.getAdditionalProperties().get("spec")).get("parentRefs"))) {
            if (!"Service".equals(map(parentRef).get("kind"))) {
                continue;
            }
            if (parents.size() == MAX_PARENTS) {
                counters.increment("status_parents_over_limit");
                break;
            }
            List<Condition> conditions = known.problem().isPresent() ? RouteConditions.rejected(known.problem().get(), route.isPresent())
                    : route.isPresent() ? all.of(route.get(), service) : List.of();
            service++;
            if (conditions.isEmpty()) {
                continue;
            }
            own++;
            List<?> there = before.stream().filter(p -> CONTROLLER.equals(map(p).get("controllerName"))
                    && parentRef.equals(map(p).get("parentRef"))).findFirst().map(p -> list(map(p).get("conditions"))).orElse(List.of());
            List<Map<String, Object>> wanted = written(conditions, there, object);
            changed |= !Condition.same(there, wanted);
            parents.add(parent(parentRef, wanted));
        }
        boolean others = before.stream().filter(p -> CONTROLLER.equals(map(p).get("controllerName"))).count() != own;
        if (changed || others) {
            write(key, object, Map.of("parents", parents));
        }
    }

    private static Map<String, Object> parent(Object parentRef, List<Map<String, Object>> conditions) {
        Map<String, Object> parent = new LinkedHashMap<>();
        parent.put("parentRef", parentRef);
        parent.put("controllerName", CONTROLLER);
        parent.put("conditions", conditions);
        return parent;
    }

    private void export(ResourceKey key, KnownObject known) {
        if (known.inUse().isEmpty()) {
            return;
        }
        ServiceName name = new ServiceName(key.name(), key.namespace());
        conditions(key, known.object(), ExportConditions.of(registry.type(name), registry.declared(name),
                registry.headless(name), imports.of(name)));
    }

    private void policy(ResourceKey key, KnownObject known, PolicyConditions all) {
        conditions(key, known.object(), known.problem().map(problem -> PolicyConditions.rejected(problem, known.inUse().isPresent()))
                .orElseGet(() -> known.inUse().map(all::of).orElse(List.of())));
    }

    /** Of an object whose status has one list of conditions. */
    private void conditions(ResourceKey key, GenericKubernetesResource object, List<Condition> conditions) {
        List<?> there = list(map(object.getAdditionalProperties().get("status")).get("conditions"));
        List<?> ours = there.stream().filter(c -> conditions.stream().anyMatch(w -> w.type().equals(map(c).get("type")))).toList();
        List<Map<String, Object>> wanted = written(conditions, ours, object);
        if (!Condition.same(ours, wanted)) {
            List<Object> all = new ArrayList<>(there);
            all.removeAll(ours);
            all.addAll(wanted);
            write(key, object, Map.of("conditions", all));
        }
    }

    private List<Map<String, Object>> written(List<Condition> conditions, List<?> before, GenericKubernetesResource object) {
        long generation = object.getMetadata().getGeneration() == null ? 0 : object.getMetadata().getGeneration();
        Instant now = clock.instant();
        return conditions.stream().map(c -> c.written(before, generation, now)).toList();
    }

    private void write(ResourceKey key, GenericKubernetesResource object, Map<String, Object> fields) {
        Map<String, Object> status = new LinkedHashMap<>();
        map(object.getAdditionalProperties().get("status")).forEach((field, value) -> status.put(String.valueOf(field), value));
        status.putAll(fields);
        try {
            store.writeStatus(key, object, status);
            counters.increment("status_written");
            warn(object, fields);
        } catch (KubernetesClientException e) {
            ApiFault fault = ApiFault.of(e);
            counters.increment("status_" + fault.label());
            if (fault != ApiFault.CONFLICT) {
                LOG.log(System.Logger.Level.WARNING, "the status of {0} could not be written ({1}): {2}", key, fault.label(), e.getMessage());
            }
        }
    }

    /** Each condition that is not as its owner wants it. */
    private void warn(GenericKubernetesResource object, Map<String, Object> fields) {
        List<Object> conditions = new ArrayList<>(list(fields.get("conditions")));
        list(fields.get("parents")).stream().filter(p -> CONTROLLER.equals(map(p).get("controllerName")))
                .forEach(p -> conditions.addAll(list(map(p).get("conditions"))));
        for (Object condition : conditions) {
            String good = "Conflict".equals(map(condition).get("type")) ? "False" : "True";
            if (!good.equals(map(condition).get("status"))) {
                events.tell(object, true, String.valueOf(map(condition).get("reason")), "Check",
                        map(condition).get("type") + " is " + map(condition).get("status") + ": " + map(condition).get("message"));
            }
        }
    }

    /** Of kinds without conditions an event is all there is. */
    private void rejection(ResourceKey key, KnownObject rejected) {
        String problem = rejected.problem().orElseThrow();
        if (leads.getAsBoolean() && !problem.equals(told.get(key))
                && events.tell(rejected.object(), true, "NotUnderstood", "Read", problem)) {
            told.put(key, problem);
        }
    }

    /** Tells of shifts that have gone on. */
    public void told(List<Outcome> outcomes) {
        for (Outcome outcome : outcomes) {
            Optional<TrafficShift> after = outcome.after().flatMap(StatusWriter::shift);
            Optional<TrafficShift> before = outcome.before().flatMap(StatusWriter::shift);
            if (after.isPresent() && before.isPresent() && leads.getAsBoolean()
                    && before.get().status().phase() != after.get().status().phase()) {
                TrafficShift.Status status = after.get().status();
                boolean warning = status.phase() == TrafficShift.Phase.REVERTED || status.phase() == TrafficShift.Phase.FAILED;
                store.known(outcome.key()).ifPresent(known -> events.tell(known.object(), warning, reason(status.phase()), "Shift",
                        "%d %% to %s: %s".formatted(status.weight(), after.get().spec().to(), status.reason())));
            }
        }
    }

    private static Optional<TrafficShift> shift(Resource resource) {
        return resource instanceof TrafficShift shift ? Optional.of(shift) : Optional.empty();
    }

    private static String reason(TrafficShift.Phase phase) {
        String word = phase.name().toLowerCase(Locale.ROOT);
        return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static List<?> list(@Nullable Object value) {
        return value instanceof List<?> list ? list : List.of();
    }
}
