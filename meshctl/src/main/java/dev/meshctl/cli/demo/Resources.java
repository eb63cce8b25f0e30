package dev.meshctl.cli.demo;

import dev.meshctl.cli.output.Times;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The resources that the tour applies, as a user would write them. */
final class Resources {
    static final String NAMESPACE = "shop";

    private Resources() {}

    /** Settings of the mesh for a tour that wants to see numbers soon. */
    static Map<String, Object> settings() {
        return resource("meshctl.dev/v1alpha1", "Mesh", "default", "", Map.of("telemetryWindow", "1s"));
    }

    static Map<String, Object> export(String service) {
        return resource("multicluster.x-k8s.io/v1alpha1", "ServiceExport", service, NAMESPACE, Map.of());
    }

    /** All requests to a service by version and weight. */
    static Map<String, Object> route(String service, Map<String, Integer> weights) {
        List<Map<String, Object>> backends = new ArrayList<>();
        weights.forEach((version, weight) -> backends.add(
                Map.of("group", "meshctl.dev", "kind", "Version", "name", version, "weight", weight)));
        return resource("gateway.networking.k8s.io/v1", "HTTPRoute", service, NAMESPACE, Map.of(
                "parentRefs", List.of(Map.of("group", "", "kind", "Service", "name", service)),
                "rules", List.of(Map.of("backendRefs", backends))));
    }

    static Map<String, Object> deny(String name, String service, String identity) {
        return resource("meshctl.dev/v1alpha1", "AccessPolicy", name, NAMESPACE, Map.of(
                "service", service,
                "action", "Deny",
                "rules", List.of(Map.of("from", Map.of("identities", List.of(identity))))));
    }

    static Map<String, Object> shift(
            String name, String service, String from, String to, List<Integer> steps, Duration bake, double success) {
        return resource("meshctl.dev/v1alpha1", "TrafficShift", name, NAMESPACE, Map.of(
                "service", service,
                "from", from,
                "to", to,
                "steps", steps,
                "bake", Times.format(bake),
                "holdLimit", "20s",
                "gate", Map.of("successRatePercent", success, "minRequests", 8)));
    }

    private static Map<String, Object> resource(
            String apiVersion, String kind, String name, String namespace, Map<String, Object> spec) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("name", name);
        if (!namespace.isEmpty()) {
            metadata.put("namespace", namespace);
        }
        Map<String, Object> resource = new LinkedHashMap<>();
        resource.put("apiVersion", apiVersion);
        resource.put("kind", kind);
        resource.put("metadata", metadata);
        if (!spec.isEmpty()) {
            resource.put("spec", spec);
        }
        return resource;
    }
}
