package dev.meshctl.control.admission.inject;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What injection put into a pod, as the annotation {@link PodAnnotations#INJECTED} keeps it, so that it can be taken out
 * by name whatever else has changed since.
 *
 * @param revision that injected
 * @param initContainers names
 * @param volumes names
 * @param made fields that were not there before, inner ones last
 * @param nulls fields that were null before
 */
record InjectionRecord(
        String revision, List<String> initContainers, List<String> volumes, List<String> made, List<String> nulls) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Collects what is made while a pod is changed. */
    static final class Writer {
        private final List<String> made = new ArrayList<>();
        private final List<String> nulls = new ArrayList<>();

        ObjectNode object(ObjectNode parent, String field, String path) {
            return parent.path(field) instanceof ObjectNode there ? there : put(parent, field, path, Tree.NODES.objectNode());
        }

        ArrayNode array(ObjectNode parent, String field, String path) {
            return parent.path(field) instanceof ArrayNode there ? there : put(parent, field, path, Tree.NODES.arrayNode());
        }

        private <N extends JsonNode> N put(ObjectNode parent, String field, String path, N value) {
            (parent.has(field) ? nulls : made).add(path);
            parent.set(field, value);
            return value;
        }

        InjectionRecord done(String revision, List<String> initContainers, List<String> volumes) {
            return new InjectionRecord(revision, initContainers, volumes, List.copyOf(made), List.copyOf(nulls));
        }
    }

    String json() {
        ObjectNode node = Tree.NODES.objectNode();
        if (!revision.isEmpty()) {
            node.put("revision", revision);
        }
        put(node, "initContainers", initContainers);
        put(node, "volumes", volumes);
        put(node, "made", made);
        put(node, "null", nulls);
        return node.toString();
    }

    private static void put(ObjectNode node, String field, List<String> values) {
        if (!values.isEmpty()) {
            ArrayNode array = node.putArray(field);
            values.forEach(array::add);
        }
    }

    /** Empty if the text is not what {@link #json()} writes. */
    static Optional<InjectionRecord> read(String text) {
        try {
            JsonNode node = JSON.readTree(text);
            return node.isObject() && node.path("initContainers").isArray()
                    ? Optional.of(new InjectionRecord(Tree.text(node, "revision"), texts(node, "initContainers"),
                            texts(node, "volumes"), texts(node, "made"), texts(node, "null")))
                    : Optional.empty();
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private static List<String> texts(JsonNode node, String field) {
        return node.path(field).valueStream().filter(JsonNode::isString).map(JsonNode::stringValue).toList();
    }
}
