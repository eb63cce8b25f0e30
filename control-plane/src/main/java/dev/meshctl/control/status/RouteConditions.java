package dev.meshctl.control.status;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.ParentRef;
import dev.meshctl.api.resource.Route;
import dev.meshctl.control.policy.Finding;
import dev.meshctl.control.policy.RouteCheck;
import dev.meshctl.control.policy.RouteTypes;
import dev.meshctl.control.policy.ServiceCatalog;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Accepted and ResolvedRefs of routes, for each of their parents. RefNotPermitted is never told: in a mesh a backend of
 * another namespace needs no ReferenceGrant.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#routeconditiontype">Gateway API, RouteConditionType</a>
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-1294/#namespace-boundaries">GEP-1294, Namespace boundaries</a>
 */
final class RouteConditions {
    /** How the parser says that a backend is of a kind that the mesh does not know. */
    private static final Pattern KIND = Pattern.compile("\\.backendRefs\\[\\d+]\\.(kind|group): ");

    private final ServiceCatalog catalog;
    private final Collection<Route> all;
    private final Map<Merged, RouteTypes> types = new HashMap<>();

    /** Routes of one namespace for one service are merged. */
    private record Merged(ServiceName service, String namespace) {}

    /** @param all routes that there are now */
    RouteConditions(ServiceCatalog catalog, Collection<Route> all) {
        this.catalog = catalog;
        this.all = all;
    }

    /**
     * For one parent.
     *
     * @param parent the place among the route's parents that are Services
     */
    List<Condition> of(Route route, int parent) {
        List<Finding> errors = RouteCheck.check(route, catalog).stream().filter(Finding::isError).toList();
        Optional<String> wrongParent = messages(errors, path -> path.startsWith("spec.parentRefs[" + parent + "]"));
        Optional<String> wrongBackend = messages(errors, path -> path.startsWith("spec.rules["));
        return List.of(
                wrongParent.map(why -> new Condition("Accepted", false, "NoMatchingParent", why))
                        .or(() -> conflict(route, route.parentRefs().get(parent))
                                .map(why -> new Condition("Accepted", false, "Conflicted", why)))
                        .orElseGet(() -> accepted(route, route.service(route.parentRefs().get(parent)))),
                wrongBackend.map(why -> new Condition("ResolvedRefs", false, "BackendNotFound", why))
                        .orElseGet(() -> new Condition("ResolvedRefs", true, "ResolvedRefs", "all backends exist")));
    }

    private Optional<String> conflict(Route route, ParentRef parent) {
        return types.computeIfAbsent(new Merged(route.service(parent), route.metadata().namespace()),
                merged -> RouteTypes.beside(route, parent, all, catalog)).conflict(route, parent);
    }

    private static Condition accepted(Route route, ServiceName service) {
        String own = route.metadata().namespace();
        return new Condition("Accepted", true, "Accepted", own.equals(service.namespace()) ? "calls of " + service + " go by it"
                : "calls of %s from namespace %s go by it; those from others do not".formatted(service, own));
    }

    /**
     * Of a route that cannot be understood.
     *
     * @param reason as the parser gives it
     */
    static List<Condition> rejected(String reason, boolean olderInUse) {
        String message = (olderInUse ? "what it said before stays in use; " : "not in use: ") + reason;
        Condition accepted = new Condition("Accepted", false, "UnsupportedValue", message);
        return KIND.matcher(reason).find()
                ? List.of(accepted, new Condition("ResolvedRefs", false, "InvalidKind", message)) : List.of(accepted);
    }

    private static Optional<String> messages(List<Finding> findings, Predicate<String> path) {
        String text = findings.stream().filter(f -> path.test(f.path()))
                .map(f -> f.path() + ": " + f.message()).collect(Collectors.joining("; "));
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }
}
