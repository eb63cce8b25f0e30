package dev.meshctl.control.admission.webhook;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Applies RFC 6902 patches as an API server does: strictly, each operation on what the one before left. */
final class PatchInterpreter {
    private PatchInterpreter() {}

    static JsonNode apply(JsonNode document, JsonNode patch) {
        JsonNode result = document.deepCopy();
        for (JsonNode operation : patch) {
            result = apply(result, operation.path("op").asString(), operation.path("path").asString(), operation.get("value"));
        }
        return result;
    }

    private static JsonNode apply(JsonNode root, String op, String path, JsonNode value) {
        if (path.isEmpty()) {
            require(op.equals("replace") || op.equals("add"), op, path);
            return value.deepCopy();
        }
        require(path.startsWith("/"), op, path);
        String[] tokens = path.substring(1).split("/", -1);
        JsonNode parent = root;
        for (int i = 0; i < tokens.length - 1; i++) {
            parent = parent.isArray() ? parent.get(index(tokens[i], parent.size() - 1, op, path)) : parent.get(unescaped(tokens[i]));
            require(parent != null, op, path);
        }
        String last = tokens[tokens.length - 1];
        switch (parent) {
            case ArrayNode array -> array(array, op, path, last, value);
            case ObjectNode object -> object(object, op, path, unescaped(last), value);
            default -> require(false, op, path);
        }
        return root;
    }

    private static void array(ArrayNode array, String op, String path, String token, JsonNode value) {
        switch (op) {
            case "add" -> array.insert(index(token, array.size(), op, path), value.deepCopy());
            case "remove" -> array.remove(index(token, array.size() - 1, op, path));
            case "replace" -> array.set(index(token, array.size() - 1, op, path), value.deepCopy());
            default -> require(false, op, path);
        }
    }

    private static void object(ObjectNode object, String op, String path, String field, JsonNode value) {
        switch (op) {
            case "add" -> object.set(field, value.deepCopy());
            case "remove" -> {
                require(object.has(field), op, path);
                object.remove(field);
            }
            case "replace" -> {
                require(object.has(field), op, path);
                object.set(field, value.deepCopy());
            }
            default -> require(false, op, path);
        }
    }

    private static int index(String token, int most, String op, String path) {
        require(token.matches("0|[1-9][0-9]*") && Integer.parseInt(token) <= most, op, path);
        return Integer.parseInt(token);
    }

    private static String unescaped(String token) {
        return token.replace("~1", "/").replace("~0", "~");
    }

    private static void require(boolean holds, String op, String path) {
        if (!holds) {
            throw new IllegalStateException("cannot " + op + " " + path);
        }
    }
}
