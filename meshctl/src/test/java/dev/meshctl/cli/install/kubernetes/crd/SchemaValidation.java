package dev.meshctl.cli.install.kubernetes.crd;

import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What an API server does with an object by the schema of its kind: prunes, sets defaults, validates. */
public final class SchemaValidation {
    private final List<String> problems = new ArrayList<>();

    private SchemaValidation() {}

    /** Without what the schema does not know. */
    public static JsonNode pruned(JsonNode schema, JsonNode value) {
        if (schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false)) {
            return value;
        }
        if (value instanceof ObjectNode object) {
            ObjectNode result = object.objectNode();
            object.properties().forEach(entry -> {
                JsonNode inner = schema.path("properties").path(entry.getKey());
                JsonNode known = inner.isMissingNode() ? schema.path("additionalProperties") : inner;
                if (known.isObject()) {
                    result.set(entry.getKey(), entry.getKey().equals("metadata") ? entry.getValue() : pruned(known, entry.getValue()));
                }
            });
            return result;
        }
        if (value instanceof ArrayNode array) {
            ArrayNode result = array.arrayNode();
            array.forEach(item -> result.add(pruned(schema.path("items"), item)));
            return result;
        }
        return value;
    }

    /** With defaults where there is nothing, or null. */
    public static JsonNode defaulted(JsonNode schema, JsonNode value) {
        if (value instanceof ObjectNode object) {
            ObjectNode result = object.deepCopy();
            schema.path("properties").properties().forEach(entry -> {
                JsonNode given = result.get(entry.getKey());
                if (given != null && given.isNull()) {
                    result.remove(entry.getKey());
                    given = null;
                }
                JsonNode start = given == null ? entry.getValue().get("default") : given;
                if (start != null) {
                    result.set(entry.getKey(), defaulted(entry.getValue(), start));
                }
            });
            return result;
        }
        if (value instanceof ArrayNode array) {
            ArrayNode result = array.arrayNode();
            array.forEach(item -> result.add(defaulted(schema.path("items"), item)));
            return result;
        }
        return value;
    }

    /** What is wrong with an object; empty if nothing is. Rules on changes are not asked. */
    public static List<String> problems(JsonNode schema, JsonNode value) {
        SchemaValidation validation = new SchemaValidation();
        validation.check(schema, value, "");
        return validation.problems;
    }

    static boolean isOfType(String type, JsonNode value) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isString();
            case "integer" -> value.isIntegralNumber();
            case "number" -> value.isNumber();
            case "boolean" -> value.isBoolean();
            default -> true;
        };
    }

    private void check(JsonNode schema, JsonNode value, String path) {
        String type = schema.path("type").asString("");
        if (!isOfType(type, value)) {
            problems.add(path + ": must be of type " + type);
            return;
        }
        switch (type) {
            case "object" -> object(schema, value, path);
            case "array" -> array(schema, value, path);
            case "string" -> text(schema, value.asString(), path);
            case "integer", "number" -> number(schema, value, path);
            default -> { }
        }
        if (schema.has("enum") && schema.path("enum").valueStream().noneMatch(value::equals)) {
            problems.add(path + ": must be one of " + schema.path("enum"));
        }
        rules(schema, value, path);
    }

    // The API server too asks rules only of what is right in itself.
    private void rules(JsonNode schema, JsonNode value, String path) {
        if (problems.isEmpty()) {
            for (JsonNode rule : schema.path("x-kubernetes-validations")) {
                String text = rule.path("rule").asString();
                if (!text.contains("oldSelf") && !CelEvaluation.holds(text, value)) {
                    problems.add(path + ": " + rule.path("message").asString());
                }
            }
        }
    }

    private void object(JsonNode schema, JsonNode value, String path) {
        schema.path("required").forEach(name -> {
            if (!value.has(name.asString())) {
                problems.add(path + "." + name.asString() + ": required");
            }
        });
        value.properties().forEach(entry -> {
            JsonNode known = schema.path("properties").path(entry.getKey());
            JsonNode inner = known.isMissingNode() ? schema.path("additionalProperties") : known;
            if (inner.isObject()) {
                check(inner, entry.getValue(), path + "." + entry.getKey());
            } else if (!path.endsWith(".metadata") && !schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false)) {
                problems.add(path + "." + entry.getKey() + ": unknown field");
            }
        });
    }

    private void array(JsonNode schema, JsonNode value, String path) {
        bound(value.size() >= schema.path("minItems").asInt(0), path, "minItems");
        bound(value.size() <= schema.path("maxItems").asInt(Integer.MAX_VALUE), path, "maxItems");
        for (int i = 0; i < value.size(); i++) {
            check(schema.path("items"), value.get(i), path + "[" + i + "]");
        }
    }

    private void text(JsonNode schema, String text, String path) {
        int length = text.codePointCount(0, text.length());
        bound(length >= schema.path("minLength").asInt(0), path, "minLength");
        bound(length <= schema.path("maxLength").asInt(Integer.MAX_VALUE), path, "maxLength");
        // In RE2 $ is the end of the text, in Java also before a last line break.
        String pattern = schema.path("pattern").asString("").replaceAll("\\$$", "\\\\z");
        bound(Pattern.compile(pattern).matcher(text).find(), path, "pattern");
        if (schema.path("format").asString("").equals("date-time")) {
            try {
                OffsetDateTime.parse(text);
            } catch (DateTimeParseException e) {
                problems.add(path + ": format");
            }
        }
    }

    private void number(JsonNode schema, JsonNode value, String path) {
        double number = value.asDouble();
        double minimum = schema.path("minimum").asDouble(Double.NEGATIVE_INFINITY);
        double maximum = schema.path("maximum").asDouble(Double.POSITIVE_INFINITY);
        bound(number > minimum || (number == minimum && !schema.path("exclusiveMinimum").asBoolean(false)), path, "minimum");
        bound(number < maximum || (number == maximum && !schema.path("exclusiveMaximum").asBoolean(false)), path, "maximum");
        if (schema.path("format").asString("").equals("int32")) {
            bound(number == (int) number, path, "format");
        }
    }

    private void bound(boolean holds, String path, String keyword) {
        if (!holds) {
            problems.add(path + ": " + keyword);
        }
    }
}
