package dev.meshctl.cli.install.kubernetes.api;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Takes a field out of a tree by the path that the API server names in a conflict, as
 * {@code .spec.template.spec.containers[name="app"].image}. Names are not quoted there and may have dots
 * ({@code .metadata.labels.app.kubernetes.io/name}), so a path is read along the tree.
 */
final class FieldPath {
    private static final Pattern KEY = Pattern.compile("(?<name>[^=,\\[\\]]+)=(?<value>\"[^\"]*\"|[^,\\]]+)");

    private FieldPath() {}

    /** Whether there was such a field. */
    static boolean remove(JsonNode tree, String path) {
        if (path.startsWith(".") && tree instanceof ObjectNode object) {
            return removeFromObject(object, path.substring(1));
        }
        int end = path.indexOf(']');
        return path.startsWith("[") && end > 0 && tree instanceof ArrayNode list
                && removeFromList(list, path.substring(1, end), path.substring(end + 1));
    }

    private static boolean removeFromObject(ObjectNode object, String path) {
        Optional<String> name = object.propertyNames().stream()
                .filter(each -> path.startsWith(each) && isEnd(path.substring(each.length())))
                .max(Comparator.comparingInt(String::length));
        if (name.isEmpty()) {
            return false;
        }
        String rest = path.substring(name.get().length());
        return rest.isEmpty() ? object.remove(name.get()) != null : remove(object.path(name.get()), rest);
    }

    private static boolean isEnd(String rest) {
        return rest.isEmpty() || rest.startsWith(".") || rest.startsWith("[");
    }

    private static boolean removeFromList(ArrayNode list, String item, String rest) {
        for (int i = 0; i < list.size(); i++) {
            if (names(item, list.get(i), i)) {
                if (!rest.isEmpty()) {
                    return remove(list.get(i), rest);
                }
                list.remove(i);
                return true;
            }
        }
        return false;
    }

    // [3], [="value"] of a set, [name="app",port=80] of a map
    private static boolean names(String item, JsonNode candidate, int index) {
        if (item.startsWith("=")) {
            return plain(item.substring(1)).equals(candidate.asString(""));
        }
        Matcher keys = KEY.matcher(item);
        boolean keyed = false;
        while (keys.find()) {
            keyed = true;
            if (!plain(keys.group("value")).equals(candidate.path(keys.group("name")).asString(""))) {
                return false;
            }
        }
        return keyed || item.equals(String.valueOf(index));
    }

    private static String plain(String value) {
        return value.startsWith("\"") && value.endsWith("\"") && value.length() > 1
                ? value.substring(1, value.length() - 1) : value;
    }
}
