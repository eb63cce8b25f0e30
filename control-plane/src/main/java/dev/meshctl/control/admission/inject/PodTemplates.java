package dev.meshctl.control.admission.inject;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Where the pod is in the kinds that have one. */
final class PodTemplates {
    private static final List<String> TEMPLATE = List.of("spec", "template");
    private static final Map<String, List<String>> PATHS = Map.of(
            "v1/Pod", List.of(),
            "v1/ReplicationController", TEMPLATE,
            "v1/PodTemplate", List.of("template"),
            "apps/v1/Deployment", TEMPLATE,
            "apps/v1/StatefulSet", TEMPLATE,
            "apps/v1/DaemonSet", TEMPLATE,
            "apps/v1/ReplicaSet", TEMPLATE,
            "batch/v1/Job", TEMPLATE,
            "batch/v1/CronJob", List.of("spec", "jobTemplate", "spec", "template"));

    private PodTemplates() {}

    /** The path of the pod; empty if the object's kind has none. */
    static Optional<List<String>> path(JsonNode object) {
        return Optional.ofNullable(PATHS.get(Tree.text(object, "apiVersion") + "/" + Tree.text(object, "kind")));
    }

    static JsonNode pod(JsonNode object, List<String> path) {
        return Tree.at(object, path.toArray(String[]::new));
    }
}
