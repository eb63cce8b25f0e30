package dev.meshctl.cli.testing.cluster;

import dev.meshctl.cli.install.kubernetes.crd.SchemaValidation;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What kinds there are, and what their definitions say of objects. Stricter than a real one: unknown fields are refused. */
final class Schemas {
    private static final Set<String> BUILT_IN = Set.of("", "apps", "policy", "networking.k8s.io", "rbac.authorization.k8s.io",
            "admissionregistration.k8s.io", "apiextensions.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
            "authentication.k8s.io", "authorization.k8s.io", "autoscaling");

    private final Store store;

    Schemas(Store store) {
        this.store = store;
    }

    /** @throws Refused 404 if there is no such kind */
    void require(ResourcePath path) {
        if (!BUILT_IN.contains(path.group()) && version(path).isEmpty()) {
            throw new Refused(404, "NotFound", "the server could not find the requested resource");
        }
    }

    private Optional<JsonNode> version(ResourcePath path) {
        return store.find("customresourcedefinitions.apiextensions.k8s.io", "", path.kind()).flatMap(definition -> {
            for (JsonNode version : definition.path("spec").path("versions")) {
                if (version.path("name").asString("").equals(path.version()) && version.path("served").asBoolean(false)) {
                    return Optional.of(version);
                }
            }
            return Optional.empty();
        });
    }

    /** With defaults. */
    ObjectNode checked(ResourcePath path, ObjectNode object) {
        if (BUILT_IN.contains(path.group())) {
            return object;
        }
        ObjectNode schema = (ObjectNode) version(path).orElseThrow().path("schema").path("openAPIV3Schema").deepCopy();
        ObjectNode bare = object.deepCopy();
        bare.remove(List.of("apiVersion", "kind", "metadata"));
        JsonNode known = SchemaValidation.pruned(schema, bare);
        if (!known.equals(bare)) {
            throw Refused.invalid(path + " has fields that its schema does not know: " + bare + " is more than " + known);
        }
        ObjectNode whole = (ObjectNode) SchemaValidation.defaulted(schema, bare);
        for (String field : List.of("metadata", "kind", "apiVersion")) {
            whole.set(field, object.path(field));
        }
        // Every kind has them, whether its schema says so or not.
        for (String field : List.of("kind", "apiVersion")) {
            schema.withObject("properties").withObject(field).put("type", "string");
        }
        if (!schema.path("properties").has("metadata")) {
            schema.withObject("properties").putObject("metadata").put("type", "object")
                    .put("x-kubernetes-preserve-unknown-fields", true);
        }
        List<String> problems = SchemaValidation.problems(schema, whole);
        if (!problems.isEmpty()) {
            throw Refused.invalid(path + " is invalid: " + problems);
        }
        return whole;
    }
}
