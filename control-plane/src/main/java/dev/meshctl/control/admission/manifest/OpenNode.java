package dev.meshctl.control.admission.manifest;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.Anchor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A mapping or sequence whose end has not come yet. */
final class OpenNode {
    private final @Nullable Anchor anchor;
    private final ObjectNode object = JsonNodeFactory.instance.objectNode();
    private final ArrayNode array = JsonNodeFactory.instance.arrayNode();
    private final List<ObjectNode> merged = new ArrayList<>();
    private final boolean mapping;
    private @Nullable String key;
    private boolean merging;

    OpenNode(boolean mapping, @Nullable Anchor anchor) {
        this.mapping = mapping;
        this.anchor = anchor;
    }

    @Nullable Anchor anchor() {
        return anchor;
    }

    /**
     * Takes an item, a key or a value, whichever comes next.
     *
     * @param merge true for an unquoted {@code <<}
     * @return what is wrong; empty if nothing is
     */
    String add(JsonNode node, boolean merge) {
        if (!mapping) {
            array.add(node);
            return "";
        }
        if (merging) {
            merging = false;
            return merge(node);
        }
        String name = key;
        if (name != null) {
            object.set(name, node);
            key = null;
            return "";
        }
        if (merge) {
            merging = true;
            return "";
        }
        return key(node);
    }

    private String key(JsonNode node) {
        if (node.isContainer() || node.isNull()) {
            return "a key must be text; put it in quotes";
        }
        // As text whatever it is: a port number as a key of a ConfigMap's data.
        String name = node.asString();
        key = name;
        return object.has(name) ? "the key \"%s\" is there twice".formatted(name) : "";
    }

    private String merge(JsonNode node) {
        List<JsonNode> all = node.isArray() ? node.valueStream().toList() : List.of(node);
        for (JsonNode each : all) {
            if (!(each instanceof ObjectNode other)) {
                return "<< must be followed by a mapping or a list of mappings";
            }
            merged.add(other);
        }
        return "";
    }

    /** The mapping's own entries come before merged ones, and the first merged mapping before the next. */
    JsonNode node() {
        if (!mapping) {
            return array;
        }
        merged.forEach(other -> other.properties().forEach(entry -> {
            if (!object.has(entry.getKey())) {
                object.set(entry.getKey(), entry.getValue().deepCopy());
            }
        }));
        return object;
    }
}
