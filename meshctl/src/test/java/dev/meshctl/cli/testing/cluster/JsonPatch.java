package dev.meshctl.cli.testing.cluster;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Patches of RFC 6902 (add, remove, replace, test) and of RFC 7386. */
final class JsonPatch {
    private JsonPatch() {}

    static ObjectNode apply(ObjectNode target, JsonNode patch) {
        ObjectNode result = target.deepCopy();
        for (JsonNode step : patch) {
            String path = step.path("path").asString("");
            int slash = path.lastIndexOf('/');
            JsonNode parent = result.at(path.substring(0, slash));
            String last = path.substring(slash + 1).replace("~1", "/").replace("~0", "~");
            apply(step, parent, last);
        }
        return result;
    }

    private static void apply(JsonNode step, JsonNode parent, String last) {
        String op = step.path("op").asString("");
        if (op.equals("test")) {
            JsonNode there = parent instanceof ArrayNode list ? list.path(Integer.parseInt(last)) : parent.path(last);
            if (!there.equals(step.path("value"))) {
                throw Refused.invalid("the server rejected our request due to an error in our request: test of " + step + " failed");
            }
        } else if (parent instanceof ObjectNode object) {
            if (op.equals("remove")) {
                object.remove(last);
            } else {
                object.set(last, step.path("value"));
            }
        } else if (parent instanceof ArrayNode list) {
            int index = last.equals("-") ? list.size() : Integer.parseInt(last);
            switch (op) {
                case "add" -> list.insert(index, step.path("value"));
                case "replace" -> list.set(index, step.path("value"));
                case "remove" -> list.remove(index);
                default -> throw Refused.invalid("operation " + op);
            }
        } else {
            throw Refused.invalid("there is no parent of " + step.path("path"));
        }
    }

    /** Nulls remove. */
    static void merge(ObjectNode into, JsonNode patch) {
        patch.properties().forEach(entry -> {
            if (entry.getValue().isNull()) {
                into.remove(entry.getKey());
            } else if (entry.getValue() instanceof ObjectNode inner) {
                merge(into.path(entry.getKey()) instanceof ObjectNode there ? there : into.putObject(entry.getKey()), inner);
            } else {
                into.set(entry.getKey(), entry.getValue());
            }
        });
    }
}
