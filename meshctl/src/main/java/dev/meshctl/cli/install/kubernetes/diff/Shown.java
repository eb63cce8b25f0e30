package dev.meshctl.cli.install.kubernetes.diff;

import dev.meshctl.cli.install.kubernetes.render.YamlText;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** An object as it is compared and shown: without what the API server keeps for itself, without secrets, keys in order. */
final class Shown {
    private static final Set<String> METADATA = Set.of(
            "managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink");
    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Shown() {}

    /** What is to be compared; secrets are still in it. */
    static ObjectNode comparable(ObjectNode tree) {
        ObjectNode copy = tree.deepCopy();
        copy.remove("status");
        if (copy.path("metadata") instanceof ObjectNode metadata) {
            METADATA.forEach(metadata::remove);
            if (metadata.path("annotations") instanceof ObjectNode annotations) {
                annotations.remove(LAST_APPLIED);
                if (annotations.isEmpty()) {
                    metadata.remove("annotations");
                }
            }
        }
        return (ObjectNode) sorted(copy);
    }

    /** Lines of YAML of both, with the data of a Secret masked so that one sees whether it changes, never what it is. */
    static List<List<String>> lines(ObjectNode before, ObjectNode after) {
        if (before.path("kind").asString("").equals("Secret") || after.path("kind").asString("").equals("Secret")) {
            mask(before, after, "data");
            mask(before, after, "stringData");
        }
        return List.of(lines(before), lines(after));
    }

    private static List<String> lines(ObjectNode tree) {
        return tree.isEmpty() ? List.of() : YamlText.write(tree).lines().toList();
    }

    private static void mask(ObjectNode before, ObjectNode after, String field) {
        Set<String> names = new TreeSet<>(before.path(field).propertyNames());
        names.addAll(after.path(field).propertyNames());
        for (String name : names) {
            boolean same = before.path(field).path(name).equals(after.path(field).path(name));
            put(before, field, name, same ? "***" : "*** (before)");
            put(after, field, name, same ? "***" : "*** (after)");
        }
    }

    private static void put(ObjectNode tree, String field, String name, String text) {
        if (tree.path(field) instanceof ObjectNode data && data.has(name)) {
            data.put(name, text);
        }
    }

    private static JsonNode sorted(JsonNode tree) {
        if (tree instanceof ObjectNode object) {
            ObjectNode result = JSON.createObjectNode();
            object.propertyNames().stream().sorted().forEach(name -> result.set(name, sorted(object.path(name))));
            return result;
        }
        if (tree instanceof ArrayNode list) {
            ArrayNode result = JSON.createArrayNode();
            list.forEach(item -> result.add(sorted(item)));
            return result;
        }
        return tree;
    }
}
