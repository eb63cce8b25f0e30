package dev.meshctl.api.resource;

import java.util.Iterator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Paths of fields, as in {@code spec.rules[0].backendRefs[1].weight}. Those of API servers may have keys in brackets,
 * {@code metadata.labels[example.org/team]}, and items of a list by what they hold, {@code ports[name="http"]}.
 */
final class Paths {
    private static final Pattern STEP = Pattern.compile("[^.\\[\\]]+|\\[[^\\]]*]");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");
    private static final Pattern HOLDS = Pattern.compile("(?<field>[^=,]+)=\"?(?<text>[^\",]*)\"?");

    private Paths() {}

    static String join(String path, String field) {
        return path.isEmpty() ? field : path + "." + field;
    }

    /** The value at the path, or the nearest one above it that is there. */
    static Node find(Node from, String path) {
        Node at = from;
        for (Iterator<String> steps = STEP.matcher(path).results().map(MatchResult::group).iterator(); steps.hasNext();) {
            Node next = step(at, steps.next());
            if (next == null) {
                return at;
            }
            at = next;
        }
        return at;
    }

    private static @Nullable Node step(Node at, String step) {
        String inner = step.startsWith("[") ? step.substring(1, step.length() - 1) : step;
        if (at instanceof Node.Mapping mapping) {
            Node.Entry entry = mapping.entries().get(inner);
            return entry == null ? null : entry.value();
        }
        if (at instanceof Node.Sequence sequence && step.startsWith("[")) {
            if (!NUMBER.matcher(inner).matches()) {
                return sequence.items().stream().filter(item -> holds(item, inner)).findFirst().orElse(null);
            }
            int index = Integer.parseInt(inner);
            return index < sequence.items().size() ? sequence.items().get(index) : null;
        }
        return null;
    }

    private static boolean holds(Node item, String fields) {
        return fields.contains("=") && item instanceof Node.Mapping mapping && HOLDS.matcher(fields).results().allMatch(each -> {
            Node.Entry entry = mapping.entries().get(each.group("field"));
            return entry != null && entry.value() instanceof Node.Scalar scalar && scalar.text().equals(each.group("text"));
        });
    }
}
