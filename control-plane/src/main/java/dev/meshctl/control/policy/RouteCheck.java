package dev.meshctl.control.policy;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.BackendRef;
import dev.meshctl.api.resource.ConnectionRule;
import dev.meshctl.api.resource.GrpcRoute;
import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.ParentRef;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.TcpRoute;
import dev.meshctl.api.resource.TlsRoute;
import dev.meshctl.api.resource.TrafficPolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Finds routes and traffic policies that name what does not exist, or say what cannot hold. */
public final class RouteCheck {
    private final Route route;
    private final ServiceCatalog catalog;
    private final List<Finding> findings = new ArrayList<>();

    private RouteCheck(Route route, ServiceCatalog catalog) {
        this.route = route;
        this.catalog = catalog;
    }

    /** Checks a route that is about to be stored. */
    public static List<Finding> check(Route route, ServiceCatalog catalog) {
        RouteCheck check = new RouteCheck(route, catalog);
        check.parents();
        for (int i = 0; i < route.backendRefs().size(); i++) {
            check.rule(i, "spec.rules[" + i + "]");
        }
        switch (route) {
            case HttpRoute http -> check.hostnames(http.spec().hostnames());
            case GrpcRoute grpc -> check.hostnames(grpc.spec().hostnames());
            case TlsRoute tls -> check.first(tls.spec().rules());
            case TcpRoute tcp -> check.first(tcp.spec().rules());
        }
        return List.copyOf(check.findings);
    }

    /**
     * Checks whether a route takes effect beside others.
     *
     * @param all routes that there will be
     */
    public static List<Finding> conflicts(Route route, Collection<? extends Route> all, ServiceCatalog catalog) {
        RouteCheck check = new RouteCheck(route, catalog);
        for (int i = 0; i < route.parentRefs().size(); i++) {
            ParentRef parent = route.parentRefs().get(i);
            String path = "spec.parentRefs[" + i + "]";
            RouteTypes.beside(route, parent, all, catalog).conflict(route, parent)
                    .ifPresent(why -> check.warn(path, "has no effect: " + why));
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
        for (int i = 0; i < route.parentRefs().size(); i++) {
            ParentRef parent = route.parentRefs().get(i);
            String path = "spec.parentRefs[" + i + "]";
            ServiceName service = route.service(parent);
            References.missing(service, catalog).ifPresent(why -> absent(path + ".name", why));
            Map<Integer, String> ports = catalog.portNames(service);
            if (!ports.isEmpty()) {
                port(parent, service, ports, path);
            }
        }
    }

    private void port(ParentRef parent, ServiceName service, Map<Integer, String> ports, String path) {
        if (parent.port().isPresent() && !ports.containsKey(parent.port().getAsInt())) {
            error(path + ".port", "%s has no port %d; it has %s".formatted(service, parent.port().getAsInt(), listed(ports)));
        } else if (parent.port(ports).isEmpty()) {
            String number = parent.port().isPresent() ? " with the number " + parent.port().getAsInt() : "";
            error(path + ".sectionName", "%s has no port named \"%s\"%s; it has %s".formatted(
                    service, parent.sectionName(), number, listed(ports)));
        }
    }

    private static String listed(Map<Integer, String> ports) {
        return ports.entrySet().stream().sorted(Map.Entry.comparingByKey())
                .map(port -> port.getKey() + (port.getValue().isEmpty() ? "" : " \"" + port.getValue() + "\""))
                .collect(Collectors.joining(", "));
    }

    private void hostnames(List<String> hostnames) {
        if (!hostnames.isEmpty()) {
            warn("spec.hostnames", "have no effect with a Service as parent; the parent says for which hosts the route is");
        }
    }

    private void first(List<ConnectionRule> rules) {
        if (rules.size() > 1) {
            warn("spec.rules[1]", "is never reached: a rule for connections has no condition, so the first one takes them all");
        }
    }

    private void rule(int index, String path) {
        List<BackendRef> refs = route.backendRefs().get(index);
        for (int i = 0; i < refs.size(); i++) {
            String at = path + ".backendRefs[" + i + "].name";
            BackendRef ref = refs.get(i);
            if (ref.isVersion()) {
                versions(ref.name(), at);
            } else {
                References.missing(RouteCompiler.target(route, ref), catalog).ifPresent(why -> absent(at, why));
            }
        }
        boolean redirect = route instanceof HttpRoute http
                && http.spec().rules().get(index).filters().stream().anyMatch(f -> f.requestRedirect().isPresent());
        if (!redirect && refs.stream().allMatch(ref -> ref.weight() == 0)) {
            String so = switch (route) {
                case HttpRoute http -> "every request that the rule takes is answered with 500";
                case GrpcRoute grpc -> "every call that the rule takes is answered with UNAVAILABLE";
                case TlsRoute tls -> "every connection that the rule takes is refused";
                case TcpRoute tcp -> "every connection that the rule takes is refused";
            };
            warn(path + ".backendRefs", (refs.isEmpty() ? "there are none" : "all weights are 0") + ", so " + so);
        }
    }

    private void versions(String version, String path) {
        for (ParentRef parent : route.parentRefs()) {
            ServiceName service = route.service(parent);
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
                    + Route.ALLOW_MISSING_VERSIONS + ": \"true\"");
        }
    }

    private void error(String path, String message) {
        findings.add(Finding.error(route.key(), path, message));
    }

    private void warn(String path, String message) {
        findings.add(Finding.warning(route.key(), path, message));
    }
}
