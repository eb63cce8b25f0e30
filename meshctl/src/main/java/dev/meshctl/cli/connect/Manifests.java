package dev.meshctl.cli.connect;

import dev.meshctl.api.name.ServiceName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Resources that commands write, in their JSON form; the control plane validates them. */
public final class Manifests {
    private static final String OWN = "meshctl.dev/v1alpha1";

    private Manifests() {}

    public static Map<String, Object> serviceExport(ServiceName service) {
        return header("multicluster.x-k8s.io/v1alpha1", "ServiceExport", service);
    }

    /** An HTTPRoute named as the service that sends shares to its versions. */
    public static Map<String, Object> split(ServiceName service, Map<String, Integer> weights) {
        Map<String, Object> route = header("gateway.networking.k8s.io/v1", "HTTPRoute", service);
        route.put("spec", Map.of(
                "parentRefs", List.of(Map.of("group", "", "kind", "Service", "name", service.name())),
                "rules", List.of(Map.of("backendRefs", versionRefs(weights)))));
        return route;
    }

    /** Backends for versions of the parent. */
    public static List<Map<String, Object>> versionRefs(Map<String, Integer> weights) {
        List<Map<String, Object>> refs = new ArrayList<>();
        weights.forEach((version, weight) -> {
            Map<String, Object> ref = new LinkedHashMap<>();
            ref.put("group", "meshctl.dev");
            ref.put("kind", "Version");
            ref.put("name", version);
            ref.put("weight", weight);
            refs.add(ref);
        });
        return refs;
    }

    /** An AccessPolicy with a rule for each {@code from}. */
    public static Map<String, Object> accessPolicy(
            ServiceName service, String name, String action, List<Map<String, Object>> from, Map<String, Object> to) {
        Map<String, Object> policy = header(OWN, "AccessPolicy", new ServiceName(name, service.namespace()));
        List<Map<String, Object>> rules = new ArrayList<>();
        for (Map<String, Object> callers : from) {
            Map<String, Object> rule = new LinkedHashMap<>();
            rule.put("from", callers);
            rule.put("to", to);
            rules.add(rule);
        }
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("service", service.name());
        spec.put("action", action);
        spec.put("rules", rules);
        policy.put("spec", spec);
        return policy;
    }

    /** A TrafficShift named as the service. */
    public static Map<String, Object> trafficShift(ServiceName service, Map<String, Object> spec) {
        Map<String, Object> shift = header(OWN, "TrafficShift", service);
        shift.put("spec", spec);
        return shift;
    }

    private static Map<String, Object> header(String apiVersion, String kind, ServiceName name) {
        Map<String, Object> resource = new LinkedHashMap<>();
        resource.put("apiVersion", apiVersion);
        resource.put("kind", kind);
        resource.put("metadata", Map.of("name", name.name(), "namespace", name.namespace()));
        return resource;
    }
}
