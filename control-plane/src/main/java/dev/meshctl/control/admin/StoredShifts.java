package dev.meshctl.control.admin;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.control.policy.RouteCompiler;
import dev.meshctl.control.policy.ServiceCatalog;
import dev.meshctl.control.shift.ShiftStore;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.ConflictException;
import dev.meshctl.control.store.Outcome;
import dev.meshctl.control.store.ResourceStore;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Shifts and routes as the resource store keeps them. What a shift does to routes is audited. */
public final class StoredShifts implements ShiftStore {
    private static final String ACTOR = "traffic shift";

    private final ResourceStore store;
    private final AuditLog audit;
    private final ServiceCatalog catalog;

    public StoredShifts(ResourceStore store, AuditLog audit, ServiceCatalog catalog) {
        this.store = store;
        this.audit = audit;
        this.catalog = catalog;
    }

    @Override
    public Set<String> versions(ServiceName service) {
        return catalog.versions(service);
    }

    @Override
    public List<TrafficShift> shifts() {
        return store.all(TrafficShift.class);
    }

    @Override
    public Optional<TrafficShift> update(TrafficShift shift) throws IOException {
        if (store.get(shift.key()).isEmpty()) {
            return Optional.empty();
        }
        try {
            return store.write(List.of(new Change.Put(shift))).getFirst().after()
                    .filter(TrafficShift.class::isInstance)
                    .map(TrafficShift.class::cast);
        } catch (ConflictException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<Route> routes(ServiceName service) {
        return Kinds.ROUTES.stream().flatMap(kind -> store.in(kind, Route.class, service.namespace()).stream())
                .filter(route -> RouteCompiler.isFor(route, service))
                .toList();
    }

    @Override
    public Optional<HttpRoute> route(String namespace, String name) {
        return store.get(HttpRoute.class, new ResourceKey(Kinds.HTTP_ROUTE.name(), namespace, name));
    }

    @Override
    public boolean putRoute(Route route) throws IOException {
        boolean create = route.metadata().resourceVersion().isEmpty();
        try {
            Outcome outcome = store.write(List.of(create ? new Change.Create(route) : new Change.Put(route))).getFirst();
            if (outcome.changed()) {
                audit.record(ACTOR, outcome.action(), outcome.key().toString());
            }
            return true;
        } catch (ConflictException e) {
            return false;
        }
    }
}
