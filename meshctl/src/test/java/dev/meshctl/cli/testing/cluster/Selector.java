package dev.meshctl.cli.testing.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Selectors of labels and fields, as queries and objects have them. */
final class Selector {
    private static final Pattern SET = Pattern.compile("\\s*(?<key>[^\\s!=,]+)\\s+(?<in>in|notin)\\s+\\((?<values>[^)]*)\\)\\s*");

    private Selector() {}

    /** Of {@code labelSelector}. */
    static Predicate<JsonNode> labels(String text) {
        List<Predicate<JsonNode>> terms = new ArrayList<>();
        for (String term : text.split(",(?![^(]*\\))", -1)) {
            if (!term.isBlank()) {
                terms.add(term(term.strip()));
            }
        }
        return object -> terms.stream().allMatch(each -> each.test(object.path("metadata").path("labels")));
    }

    private static Predicate<JsonNode> term(String term) {
        Matcher set = SET.matcher(term);
        if (set.matches()) {
            List<String> values = Arrays.stream(set.group("values").split(",", -1)).map(String::strip).toList();
            boolean in = set.group("in").equals("in");
            return labels -> in == (labels.has(set.group("key")) && values.contains(labels.path(set.group("key")).asString("")));
        }
        int different = term.indexOf("!=");
        if (different > 0) {
            return labels -> !labels.path(term.substring(0, different)).asString("").equals(term.substring(different + 2));
        }
        int equals = term.indexOf('=');
        if (equals > 0) {
            String key = term.substring(0, equals);
            String value = term.substring(term.lastIndexOf('=') + 1);
            return labels -> labels.has(key) && labels.path(key).asString("").equals(value);
        }
        return term.startsWith("!") ? labels -> !labels.has(term.substring(1)) : labels -> labels.has(term);
    }

    /** Of {@code fieldSelector}. */
    static Predicate<JsonNode> fields(String text) {
        if (text.isEmpty()) {
            return object -> true;
        }
        return object -> Arrays.stream(text.split(",", -1)).allMatch(term -> {
            JsonNode at = object;
            for (String name : term.substring(0, term.indexOf('=')).replace("!", "").split("\\.")) {
                at = at.path(name);
            }
            return term.contains("!=") != at.asString("").equals(term.substring(term.lastIndexOf('=') + 1));
        });
    }

    /** Of {@code matchLabels} and {@code matchExpressions}. */
    static boolean matches(JsonNode selector, JsonNode labels) {
        for (var each : selector.path("matchLabels").properties()) {
            if (!labels.path(each.getKey()).equals(each.getValue())) {
                return false;
            }
        }
        for (JsonNode expression : selector.path("matchExpressions")) {
            if (!matchesExpression(expression, labels)) {
                return false;
            }
        }
        return true;
    }

    private static boolean matchesExpression(JsonNode expression, JsonNode labels) {
        String key = expression.path("key").asString("");
        List<String> values = new ArrayList<>();
        expression.path("values").forEach(value -> values.add(value.asString("")));
        boolean among = labels.has(key) && values.contains(labels.path(key).asString(""));
        return switch (expression.path("operator").asString("")) {
            case "In" -> among;
            case "NotIn" -> !among;
            case "Exists" -> labels.has(key);
            case "DoesNotExist" -> !labels.has(key);
            default -> throw new IllegalArgumentException("operator of " + expression);
        };
    }
}
