package dev.meshctl.cli.install.kubernetes.render;

import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** Makes trees; keys stay in the order in which they are written. What is {@link #NOTHING} is left out. */
final class Tree {
    static final JsonNode NOTHING = MissingNode.getInstance();

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Tree() {}

    /** Keys and values in turn. */
    static ObjectNode map(Object... keysAndValues) {
        ObjectNode map = NODES.objectNode();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            JsonNode value = node(keysAndValues[i + 1]);
            if (!value.isMissingNode()) {
                map.set((String) keysAndValues[i], value);
            }
        }
        return map;
    }

    static ArrayNode list(Object... items) {
        ArrayNode list = NODES.arrayNode();
        for (Object item : items) {
            JsonNode value = node(item);
            if (!value.isMissingNode()) {
                list.add(value);
            }
        }
        return list;
    }

    /** Not an overload of {@link #list}: a tree is iterable itself. */
    static ArrayNode each(Iterable<?> items) {
        ArrayNode list = NODES.arrayNode();
        items.forEach(item -> list.add(node(item)));
        return list;
    }

    static ObjectNode texts(Map<String, String> entries) {
        ObjectNode map = NODES.objectNode();
        entries.forEach(map::put);
        return map;
    }

    /** The value, or nothing. */
    static Object when(boolean wanted, Object value) {
        return wanted ? value : NOTHING;
    }

    /** The text, or nothing if it is empty. */
    static Object unlessEmpty(String text) {
        return when(!text.isEmpty(), text);
    }

    /** The node, or nothing if it has neither items nor entries. */
    static Object unlessEmpty(JsonNode node) {
        return when(!node.isEmpty(), node);
    }

    private static JsonNode node(Object value) {
        return switch (value) {
            case JsonNode node -> node;
            case String text -> NODES.stringNode(text);
            case Integer number -> NODES.numberNode(number);
            case Long number -> NODES.numberNode(number);
            case Boolean truth -> NODES.booleanNode(truth);
            case Iterable<?> items -> each(items);
            default -> throw new IllegalArgumentException(value.getClass() + " has no place in a tree");
        };
    }
}
