package dev.meshctl.control.admission.webhook;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The difference of two trees as add, remove and replace operations. Items of lists are matched if they are equal or
 * are objects of the same {@code name}, so that an inserted container is one operation.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6902">RFC 6902</a>, <a href="https://www.rfc-editor.org/rfc/rfc6901">RFC 6901</a>
 */
final class JsonPatch {
    private final ArrayNode operations = JsonNodeFactory.instance.arrayNode();

    private JsonPatch() {}

    /** The operations, in an order in which they can be applied; none if the trees are equal. */
    static ArrayNode between(JsonNode from, JsonNode to) {
        JsonPatch patch = new JsonPatch();
        patch.compare("", from, to);
        return patch.operations;
    }

    private void compare(String path, JsonNode from, JsonNode to) {
        if (from.equals(to)) {
            return;
        }
        if (from instanceof ObjectNode a && to instanceof ObjectNode b) {
            objects(path, a, b);
        } else if (from instanceof ArrayNode a && to instanceof ArrayNode b) {
            arrays(path, a, b);
        } else {
            operation("replace", path).set("value", to);
        }
    }

    private void objects(String path, ObjectNode from, ObjectNode to) {
        from.propertyNames().stream().filter(name -> !to.has(name)).forEach(name -> operation("remove", inner(path, name)));
        to.properties().forEach(entry -> {
            String inner = inner(path, entry.getKey());
            if (from.has(entry.getKey())) {
                compare(inner, from.get(entry.getKey()), entry.getValue());
            } else {
                operation("add", inner).set("value", entry.getValue());
            }
        });
    }

    /** Walks from left to right; what is left of {@code at} is as in the target already. */
    private void arrays(String path, ArrayNode from, ArrayNode to) {
        int i = 0;
        int at = 0;
        for (ListMatches.Match match : ListMatches.of(from, to)) {
            at = gap(path, from, i, match.from(), to, at, match.to());
            compare(path + "/" + at, from.get(match.from()), to.get(match.to()));
            i = match.from() + 1;
            at++;
        }
        gap(path, from, i, from.size(), to, at, to.size());
    }

    /** Makes items i to end of one list into items at to endAt of the other. */
    private int gap(String path, ArrayNode from, int i, int end, ArrayNode to, int at, int endAt) {
        int position = at;
        int next = i;
        for (; next < end && position < endAt; next++, position++) {
            compare(path + "/" + position, from.get(next), to.get(position));
        }
        for (; next < end; next++) {
            operation("remove", path + "/" + position);
        }
        for (; position < endAt; position++) {
            operation("add", path + "/" + position).set("value", to.get(position));
        }
        return position;
    }

    private ObjectNode operation(String op, String path) {
        return operations.addObject().put("op", op).put("path", path);
    }

    private static String inner(String path, String name) {
        return path + "/" + name.replace("~", "~0").replace("/", "~1");
    }
}
