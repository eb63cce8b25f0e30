package dev.meshctl.control.admission.inject;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reads fields of trees in which anything may be missing or of another type; what is not there reads as empty. */
final class Tree {
    static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Tree() {}

    static JsonNode at(JsonNode node, String... fields) {
        JsonNode found = node;
        for (String field : fields) {
            found = found.path(field);
        }
        return found;
    }

    static String text(JsonNode node, String... fields) {
        JsonNode found = at(node, fields);
        return found.isString() ? found.stringValue() : "";
    }

    static boolean isTrue(JsonNode node, String... fields) {
        JsonNode found = at(node, fields);
        return found.isBoolean() && found.booleanValue();
    }

    /** The objects of a list; other items are passed over. */
    static List<ObjectNode> objects(JsonNode list) {
        return list.isArray()
                ? list.valueStream().filter(JsonNode::isObject).map(ObjectNode.class::cast).toList()
                : List.of();
    }

    /** The entries whose value is text. */
    static Map<String, String> texts(JsonNode object) {
        Map<String, String> texts = new LinkedHashMap<>();
        if (object.isObject()) {
            object.properties().forEach(entry -> {
                if (entry.getValue().isString()) {
                    texts.put(entry.getKey(), entry.getValue().stringValue());
                }
            });
        }
        return texts;
    }

    /** Puts another field where a field was, so that the order of the others stays. */
    static void exchange(ObjectNode object, String field, String otherField, JsonNode value) {
        Map<String, JsonNode> all = new LinkedHashMap<>();
        object.properties().forEach(entry -> all.put(entry.getKey(), entry.getValue()));
        object.removeAll();
        all.forEach((name, old) -> object.set(name.equals(field) ? otherField : name, name.equals(field) ? value : old));
    }

    /** How a value is called in a message. */
    static String described(JsonNode node) {
        return node.isMissingNode() ? "nothing" : node.isNull() ? "null" : node.isObject() ? "an object"
                : node.isArray() ? "a list" : node.isString() ? Faults.quoted(node.stringValue()) : node.toString();
    }
}
