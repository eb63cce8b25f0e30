package dev.meshctl.api.resource;

import org.jspecify.annotations.Nullable;

/** Paths of fields, as in {@code spec.rules[0].backendRefs[1].weight}. */
final class Paths {
    private Paths() {}

    static String join(String path, String field) {
        return path.isEmpty() ? field : path + "." + field;
    }

    /** The value at the path, or the nearest one above it that is there. */
    static Node find(Node from, String path) {
        Node at = from;
        for (String step : path.replace("[", ".[").split("\\.")) {
            Node next = step(at, step);
            if (next == null) {
                return at;
            }
            at = next;
        }
        return at;
    }

    private static @Nullable Node step(Node at, String step) {
        if (at instanceof Node.Mapping mapping) {
            Node.Entry entry = mapping.entries().get(step);
            return entry == null ? null : entry.value();
        }
        if (at instanceof Node.Sequence sequence && step.startsWith("[")) {
            int index = Integer.parseInt(step.substring(1, step.length() - 1));
            return index < sequence.items().size() ? sequence.items().get(index) : null;
        }
        return null;
    }
}
