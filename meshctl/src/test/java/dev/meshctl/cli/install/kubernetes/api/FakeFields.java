package dev.meshctl.cli.install.kubernetes.api;

import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** Fields as server-side apply counts them: lists whose items have names are maps, all other lists are one value. */
public final class FakeFields {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> NEVER_OWNED = Set.of(".apiVersion", ".kind", ".metadata.name", ".metadata.namespace");

    private FakeFields() {}

    public static void leaves(JsonNode tree, String path, Map<String, JsonNode> into) {
        if (tree instanceof ObjectNode object && !object.isEmpty()) {
            object.properties().forEach(entry -> leaves(entry.getValue(), path + "." + entry.getKey(), into));
        } else if (isMap(tree)) {
            tree.forEach(item -> leaves(item, path + "[name=\"" + item.path("name").asString("") + "\"]", into));
        } else if (!NEVER_OWNED.contains(path)) {
            into.put(path, tree);
        }
    }

    public static void merge(ObjectNode into, ObjectNode from) {
        from.properties().forEach(entry -> {
            JsonNode there = into.path(entry.getKey());
            if (entry.getValue() instanceof ObjectNode inner) {
                merge(there instanceof ObjectNode object ? object : into.putObject(entry.getKey()), inner);
            } else if (isMap(entry.getValue())) {
                mergeList(there instanceof ArrayNode list ? list : into.putArray(entry.getKey()), (ArrayNode) entry.getValue());
            } else {
                into.set(entry.getKey(), entry.getValue().deepCopy());
            }
        });
    }

    private static void mergeList(ArrayNode into, ArrayNode from) {
        for (JsonNode item : from) {
            ObjectNode target = null;
            for (JsonNode there : into) {
                if (there.path("name").equals(item.path("name"))) {
                    target = (ObjectNode) there;
                }
            }
            merge(target == null ? into.addObject() : target, (ObjectNode) item);
        }
    }

    private static boolean isMap(JsonNode tree) {
        return tree instanceof ArrayNode list && !list.isEmpty() && list.get(0).path("name").isString();
    }

    public static JsonNode find(ObjectNode tree, String field) {
        Map<String, JsonNode> all = new java.util.TreeMap<>();
        leaves(tree, "", all);
        return all.getOrDefault(field, MissingNode.getInstance());
    }

    public static void remove(ObjectNode tree, String field) {
        FieldPath.remove(tree, field);
    }

    static ObjectNode empty() {
        return JSON.createObjectNode();
    }
}
