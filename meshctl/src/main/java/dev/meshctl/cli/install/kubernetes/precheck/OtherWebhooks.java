package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Webhooks of others that the API server asks when the mesh's own pods are made: those of another mesh put a second
 * proxy into pods; one that was left behind without anybody who answers keeps pods from being made at all.
 */
final class OtherWebhooks implements Precheck {
    private static final List<String> MESHES = List.of("istio", "linkerd", "consul", "kuma", "kong-mesh", "osm", "cilium");

    @Override
    public String name() {
        return "webhooks";
    }

    @Override
    public List<Finding> of(Situation situation) {
        List<Finding> findings = new ArrayList<>();
        Map<String, String> namespace = namespaceLabels(situation);
        for (ObjectType type : List.of(ObjectType.MUTATING, ObjectType.VALIDATING)) {
            for (ObjectNode configuration : situation.api().list(type, "", "")) {
                String name = configuration.path("metadata").path("name").asString("");
                if (!name.startsWith("meshctl-")) {
                    configuration.path("webhooks").forEach(webhook ->
                            look(situation, type, name, webhook, namespace, findings));
                }
            }
        }
        return findings.isEmpty() ? List.of(Finding.pass(name(), "none of others selects the mesh's pods")) : findings;
    }

    private void look(Situation situation, ObjectType type, String configuration, JsonNode webhook,
            Map<String, String> namespace, List<Finding> findings) {
        if (!asksAboutPods(webhook) || !LabelSelector.selects(webhook.path("namespaceSelector"), namespace)
                || situation.wanted().objects().stream().filter(object -> object.key().kind().equals("Deployment"))
                        .noneMatch(object -> LabelSelector.selects(webhook.path("objectSelector"), podLabels(object.tree())))) {
            return;
        }
        String named = "%s %s (%s)".formatted(type.kind(), configuration, webhook.path("name").asString(""));
        boolean mandatory = !webhook.path("failurePolicy").asString("Fail").equals("Ignore");
        JsonNode service = webhook.path("clientConfig").path("service");
        if (mandatory && service.isObject() && isDead(situation.api(), service)) {
            findings.add(Finding.fail(name(), "%s must answer before any pod of the mesh is made, and its Service %s/%s is not there"
                            .formatted(named, service.path("namespace").asString(""), service.path("name").asString("")),
                    "if it was left behind: kubectl delete " + type.kind().toLowerCase(Locale.ROOT) + " " + configuration));
        } else if (MESHES.stream().anyMatch(configuration::contains)) {
            findings.add(Finding.warn(name(), named + " of another mesh selects the pods of " + Rendering.NAMESPACE
                    + "; where both put proxies into a pod, neither works", "keep its proxies out of the namespaces of this mesh"));
        }
    }

    private static boolean isDead(ClusterApi api, JsonNode service) {
        return api.get(ObjectType.SERVICE.key(service.path("namespace").asString(""), service.path("name").asString(""))).isEmpty();
    }

    private static boolean asksAboutPods(JsonNode webhook) {
        for (JsonNode rule : webhook.path("rules")) {
            if (contains(rule.path("operations"), "CREATE") && contains(rule.path("resources"), "pods")
                    && contains(rule.path("apiGroups"), "")) {
                return true;
            }
        }
        return false;
    }

    private static boolean contains(JsonNode list, String word) {
        for (JsonNode each : list) {
            if (each.asString("").equals(word) || each.asString("").equals("*") || each.asString("").equals("*/*")) {
                return true;
            }
        }
        return false;
    }

    private static Map<String, String> namespaceLabels(Situation situation) {
        Map<String, String> labels = new TreeMap<>(Map.of("kubernetes.io/metadata.name", Rendering.NAMESPACE));
        situation.wanted().objects().stream().filter(object -> object.key().kind().equals("Namespace"))
                .forEach(object -> put(object.tree().path("metadata").path("labels"), labels));
        situation.api().get(ObjectType.NAMESPACE.key("", Rendering.NAMESPACE))
                .ifPresent(live -> put(live.path("metadata").path("labels"), labels));
        return labels;
    }

    private static Map<String, String> podLabels(ObjectNode deployment) {
        Map<String, String> labels = new TreeMap<>();
        put(deployment.path("spec").path("template").path("metadata").path("labels"), labels);
        return labels;
    }

    private static void put(JsonNode from, Map<String, String> labels) {
        from.properties().forEach(label -> labels.put(label.getKey(), label.getValue().asString("")));
    }
}
