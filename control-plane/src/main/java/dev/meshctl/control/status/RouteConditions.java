package dev.meshctl.control.status;

import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.control.policy.Finding;
import dev.meshctl.control.policy.RouteCheck;
import dev.meshctl.control.policy.ServiceCatalog;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Accepted and ResolvedRefs of a route, for each of its parents.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#routeconditiontype">Gateway API, RouteConditionType</a>
 */
final class RouteConditions {
    private RouteConditions() {}

    /**
     * For one parent.
     *
     * @param parent the place among the route's parents that are Services
     */
    static List<Condition> of(HttpRoute route, int parent, ServiceCatalog catalog) {
        List<Finding> errors = RouteCheck.check(route, catalog).stream().filter(Finding::isError).toList();
        Optional<String> wrongParent = messages(errors, path -> path.startsWith("spec.parentRefs[" + parent + "]"));
        Optional<String> wrongBackend = messages(errors, path -> path.startsWith("spec.rules["));
        return List.of(
                wrongParent.map(why -> new Condition("Accepted", false, "NoMatchingParent", why))
                        .orElseGet(() -> new Condition("Accepted", true, "Accepted", "the mesh routes by it")),
                wrongBackend.map(why -> new Condition("ResolvedRefs", false, "BackendNotFound", why))
                        .orElseGet(() -> new Condition("ResolvedRefs", true, "ResolvedRefs", "all backends exist")));
    }

    /** Of a route that cannot be understood. */
    static List<Condition> rejected(String reason, boolean olderInUse) {
        return List.of(new Condition("Accepted", false, "UnsupportedValue",
                (olderInUse ? "what it said before stays in use; " : "not in use: ") + reason));
    }

    private static Optional<String> messages(List<Finding> findings, Predicate<String> path) {
        String text = findings.stream().filter(f -> path.test(f.path()))
                .map(f -> f.path() + ": " + f.message()).collect(Collectors.joining("; "));
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }
}
