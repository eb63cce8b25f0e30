package dev.meshctl.cli.install.kubernetes.precheck;

import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Selectors as of {@code metav1.LabelSelector}; an empty one selects everything. */
final class LabelSelector {
    private LabelSelector() {}

    static boolean selects(JsonNode selector, Map<String, String> labels) {
        for (Map.Entry<String, JsonNode> wanted : selector.path("matchLabels").properties()) {
            if (!wanted.getValue().asString("").equals(labels.get(wanted.getKey()))) {
                return false;
            }
        }
        for (JsonNode expression : selector.path("matchExpressions")) {
            if (!matches(expression, labels.getOrDefault(expression.path("key").asString(""), ""),
                    labels.containsKey(expression.path("key").asString("")))) {
                return false;
            }
        }
        return true;
    }

    private static boolean matches(JsonNode expression, String value, boolean present) {
        boolean listed = false;
        for (JsonNode each : expression.path("values")) {
            listed |= present && each.asString("").equals(value);
        }
        return switch (expression.path("operator").asString("")) {
            case "In" -> listed;
            case "NotIn" -> !listed;
            case "Exists" -> present;
            case "DoesNotExist" -> !present;
            default -> true;
        };
    }
}
