package dev.meshctl.control.snapshot;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.AccessPolicy;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.Service;
import dev.meshctl.api.resource.ServiceExport;
import dev.meshctl.api.resource.TrafficPolicy;
import dev.meshctl.control.store.Outcome;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Which services a write of resources concerns. */
public final class TouchedServices {
    private TouchedServices() {}

    public static Set<ServiceName> of(List<Outcome> outcomes) {
        Set<ServiceName> services = new HashSet<>();
        for (Outcome outcome : outcomes) {
            Stream.concat(outcome.before().stream(), outcome.after().stream()).forEach(r -> add(r, services));
        }
        return services;
    }

    private static void add(Resource resource, Set<ServiceName> services) {
        switch (resource) {
            case Service service -> services.add(service.service());
            case ServiceExport export -> services.add(export.service());
            case TrafficPolicy policy -> services.add(policy.service());
            case AccessPolicy policy -> services.add(policy.service());
            case Route route -> route.parentRefs().forEach(parent -> services.add(route.service(parent)));
            default -> { }
        }
    }
}
