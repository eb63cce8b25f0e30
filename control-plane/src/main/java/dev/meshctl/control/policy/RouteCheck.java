package dev.meshctl.control.policy;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.TrafficPolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Finds routes and traffic policies that name what does not exist, or say what cannot hold. */
public final class RouteCheck {
    private final HttpRoute route;
    private final ServiceCatalog catalog;
    private final List<Finding> findings = new ArrayList<>();

    private RouteCheck(HttpRoute route, ServiceCatalog catalog) {
        this.route = route;
        this.catalog = catalog;
    }

    /** Checks a route that is about to be stored. */
    public static List<Finding> check(HttpRoute route, ServiceCatalog catalog) {
        RouteCheck check = new RouteCheck(route, catalog);
        check.parents();
        for (int i = 0; i < route.spec().rules().size(); i++) {
            check.rule(route.spec().rules().get(i), "spec.rules[" + i + "]");
        }
        if (!route.spec().hostnames().isEmpty()) {
            check.warn("spec.hostnames", "have no effect with a Service as parent; the parent says for which hosts the route is");
        }
        return List.copyOf(check.findings);
    }

    /** Checks a traffic policy that is about to be stored. */
    public static List<Finding> check(TrafficPolicy policy, Collection<TrafficPolicy> others, ServiceCatalog catalog) {
        List<Finding> findings = new ArrayList<>();
        References.missing(policy.service(), catalog).ifPresent(why -> findings.add(Finding.warning(
                policy.key(), "spec.service", why + "; the policy takes effect when there is one")));
        others.stream()
                .filter(other -> !other.key().equals(policy.key()) && other.service().equals(policy.service()))
                .findFirst()
                .ifPresent(other -> findings.add(Finding.warning(policy.key(), "spec.service",
                        "%s already has %s; the older of them takes effect".formatted(policy.service(), other.key()))));
        return List.copyOf(findings);
    }

    private void parents() {
        String own = route.metadata().namespace();
        for (int i = 0; i < route.spec().parentRefs().size(); i++) {
            HttpRoute.ParentRef parent = route.spec().parentRefs().get(i);
            String path = "spec.parentRefs[" + i + "]";
            if (!parent.namespace().isEmpty() && !parent.namespace().equals(own)) {
                error(path + ".namespace", "expected \"%s\", the route's own namespace, found \"%s\""
                        .formatted(own, parent.namespace()));
                continue;
            }
            ServiceName service = new ServiceName(parent.name(), own);
            References.missing(service, catalog).ifPresent(why -> absent(path + ".name", why));
            Set<Integer> ports = catalog.ports(service);
            parent.port().ifPresent(port -> {
                if (!ports.isEmpty() && !ports.contains(port)) {
                    error(path + ".port", "%s has no port %d; it has %s".formatted(service, port,
                            String.join(", ", ports.stream().sorted().map(String::valueOf).toList())));
                }
            });
        }
    }

    private void rule(HttpRoute.Rule rule, String path) {
        List<HttpRoute.BackendRef> refs = rule.backendRefs();
        for (int i = 0; i < refs.size(); i++) {
            String at = path + ".backendRefs[" + i + "].name";
            HttpRoute.BackendRef ref = refs.get(i);
            if (ref.isVersion()) {
                versions(ref.name(), at);
            } else {
                References.missing(RouteCompiler.target(route, ref), catalog).ifPresent(why -> absent(at, why));
            }
        }
        boolean redirect = rule.filters().stream().anyMatch(f -> f.requestRedirect().isPresent());
        if (!redirect && refs.stream().allMatch(ref -> ref.weight() == 0)) {
            warn(path + ".backendRefs", (refs.isEmpty() ? "there are none" : "all weights are 0")
                    + ", so every request that the rule takes is answered with 500");
        }
    }

    private void versions(String version, String path) {
        for (HttpRoute.ParentRef parent : route.spec().parentRefs()) {
            ServiceName service = new ServiceName(parent.name(), route.metadata().namespace());
            if (catalog.services().contains(service)) {
                References.missing(service, version, catalog).ifPresent(why -> absent(path, why));
            }
        }
    }

    private void absent(String path, String why) {
        if (route.allowsMissingVersions()) {
            warn(path, why);
        } else {
            error(path, why + "; to route to what will be there later, set the annotation "
                    + HttpRoute.ALLOW_MISSING_VERSIONS + ": \"true\"");
        }
    }

    private void error(String path, String message) {
        findings.add(Finding.error(route.key(), path, message));
    }

    private void warn(String path, String message) {
        findings.add(Finding.warning(route.key(), path, message));
    }
}
