package dev.meshctl.cli.install.kubernetes.crd;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.databind.JsonNode;

/**
 * The rules of an API server for the schema of a custom resource.
 *
 * @see <a href="https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema">Specifying a structural schema</a>
 */
final class StructuralSchema {
    private static final Set<String> TYPES = Set.of("object", "array", "string", "integer", "number", "boolean");
    private static final Set<String> CORE = Set.of("type", "properties", "items", "additionalProperties", "nullable", "title",
            "description", "default", "externalDocs", "example");
    private static final Set<String> VALUE = Set.of("format", "enum", "pattern", "minimum", "maximum", "exclusiveMinimum",
            "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
            "maxProperties", "required", "allOf", "anyOf", "oneOf", "not", "uniqueItems");
    private static final Set<String> EXTENSIONS = Set.of("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields",
            "x-kubernetes-embedded-resource", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type",
            "x-kubernetes-validations");
    private static final Set<String> FORBIDDEN = Set.of("$ref", "$schema", "id", "definitions", "dependencies", "deprecated",
            "discriminator", "readOnly", "writeOnly", "xml", "patternProperties", "additionalItems");
    private static final Set<String> NEVER_NESTED = Set.of("type", "additionalProperties", "nullable", "title", "description",
            "default", "externalDocs", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields",
            "x-kubernetes-embedded-resource", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type",
            "x-kubernetes-validations");
    private static final long MAX_TOTAL_COST = 100_000_000;

    private final List<String> problems = new ArrayList<>();
    private long totalCost;

    private StructuralSchema() {}

    /** What is wrong, each with its path; empty if nothing is. */
    static List<String> problems(JsonNode schema) {
        StructuralSchema check = new StructuralSchema();
        check.root(schema);
        check.node(schema, "", 1);
        if (check.totalCost > MAX_TOTAL_COST) {
            check.problems.add("rules cost %d in all, more than %d".formatted(check.totalCost, MAX_TOTAL_COST));
        }
        return check.problems;
    }

    private void root(JsonNode schema) {
        if (!schema.path("type").asString("").equals("object")) {
            add("", "must be an object");
        }
        if (schema.has("additionalProperties")) {
            add("", "additionalProperties must not be at the root");
        }
        if (schema.has("default") || schema.path("properties").path("metadata").has("default")) {
            add("", "neither the root nor metadata may have a default");
        }
        JsonNode metadata = schema.path("properties").path("metadata");
        metadata.propertyNames().stream().filter(key -> !Set.of("type", "properties", "description").contains(key))
                .forEach(key -> add("metadata", key + " is not allowed"));
        metadata.path("properties").propertyNames().stream().filter(key -> !Set.of("name", "generateName").contains(key))
                .forEach(key -> add("metadata", "only name and generateName may be restricted, not " + key));
        for (String text : List.of("apiVersion", "kind")) {
            JsonNode node = schema.path("properties").path(text);
            if (!node.isMissingNode() && !node.path("type").asString("").equals("string")) {
                add(text, "must be a string");
            }
        }
    }

    /** @param times how often it may occur in one object; 0 if that is not bounded */
    private void node(JsonNode schema, String path, long times) {
        keywords(schema, path);
        type(schema, path);
        values(schema, path);
        lists(schema, path);
        rules(schema, path, times);
        defaults(schema, path);
        schema.path("properties").properties().forEach(entry -> node(entry.getValue(), join(path, entry.getKey()), times));
        if (schema.has("items")) {
            node(schema.path("items"), path + "[]", Math.multiplyExact(times, schema.path("maxItems").asLong(0)));
        }
        if (schema.path("additionalProperties").isObject()) {
            node(schema.path("additionalProperties"), path + ".*", Math.multiplyExact(times, schema.path("maxProperties").asLong(0)));
        }
        for (String junctor : List.of("allOf", "anyOf", "oneOf")) {
            schema.path(junctor).forEach(part -> nested(part, schema, join(path, junctor)));
        }
        if (schema.has("not")) {
            nested(schema.path("not"), schema, join(path, "not"));
        }
    }

    private void keywords(JsonNode schema, String path) {
        for (String key : schema.propertyNames()) {
            if (FORBIDDEN.contains(key)) {
                add(path, key + " is not allowed");
            } else if (!CORE.contains(key) && !VALUE.contains(key) && !EXTENSIONS.contains(key)) {
                add(path, "unknown keyword " + key);
            }
        }
        if (schema.path("uniqueItems").asBoolean(false)) {
            add(path, "uniqueItems must not be true");
        }
        if (schema.has("properties") && schema.has("additionalProperties")) {
            add(path, "properties and additionalProperties exclude each other");
        }
    }

    private void type(JsonNode schema, String path) {
        boolean intOrString = schema.path("x-kubernetes-int-or-string").asBoolean(false);
        boolean preserve = schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false);
        boolean embedded = schema.path("x-kubernetes-embedded-resource").asBoolean(false);
        String type = schema.path("type").asString("");
        if (intOrString && (preserve || embedded || !type.isEmpty())) {
            add(path, "x-kubernetes-int-or-string goes with no type and no other extension");
        }
        if (embedded && (!type.equals("object") || schema.has("additionalProperties") || (!preserve && !schema.has("properties")))) {
            add(path, "x-kubernetes-embedded-resource needs an object with properties, or preserved unknown fields");
        }
        if (preserve && !type.isEmpty() && !type.equals("object")) {
            add(path, "x-kubernetes-preserve-unknown-fields is for objects");
        }
        if (type.isEmpty() && !intOrString && !preserve) {
            add(path, "type is missing");
        } else if (!type.isEmpty() && !TYPES.contains(type)) {
            add(path, "unknown type " + type);
        }
        if (type.equals("array") && !schema.has("items")) {
            add(path, "items are missing");
        }
        if ((schema.has("properties") || schema.has("additionalProperties")) && !type.equals("object")) {
            add(path, "only an object has properties");
        }
    }

    private void values(JsonNode schema, String path) {
        String type = schema.path("type").asString("");
        boolean intOrString = schema.path("x-kubernetes-int-or-string").asBoolean(false);
        Map.of("string", List.of("minLength", "maxLength", "pattern"), "array", List.of("minItems", "maxItems"),
                "object", List.of("minProperties", "maxProperties", "required")).forEach((of, keys) -> keys.stream()
                .filter(key -> schema.has(key) && !of.equals(type) && !intOrString).forEach(key -> add(path, key + " is for type " + of)));
        for (String key : List.of("minimum", "maximum")) {
            if (schema.has(key) && !List.of("integer", "number").contains(type)) {
                add(path, key + " is for numbers");
            }
        }
        for (String key : List.of("exclusiveMinimum", "exclusiveMaximum")) {
            if (schema.has(key) && !schema.path(key).isBoolean()) {
                add(path, key + " is true or false");
            }
        }
        pattern(schema.path("pattern").asString(""), path);
        schema.path("required").forEach(name -> {
            if (!schema.path("properties").has(name.asString())) {
                add(path, "required, but no property: " + name.asString());
            }
        });
        schema.path("enum").forEach(value -> {
            if (!SchemaValidation.isOfType(type, value)) {
                add(path, "enum has what is no " + type + ": " + value);
            }
        });
    }

    // RE2 knows neither looking around nor references back.
    private void pattern(String pattern, String path) {
        try {
            Pattern.compile(pattern);
            if (Pattern.compile("\\(\\?[=!<>]|\\\\[1-9]|[*+?}]\\+").matcher(pattern).find()) {
                add(path, "RE2 has no such pattern: " + pattern);
            }
        } catch (PatternSyntaxException e) {
            add(path, "no pattern: " + pattern);
        }
    }

    private void lists(JsonNode schema, String path) {
        String listType = schema.path("x-kubernetes-list-type").asString("");
        JsonNode keys = schema.path("x-kubernetes-list-map-keys");
        JsonNode items = schema.path("items");
        if (!listType.isEmpty() && (!Set.of("atomic", "set", "map").contains(listType) || !schema.has("items"))) {
            add(path, "x-kubernetes-list-type is atomic, set or map, of a list");
        }
        if (listType.equals("map") == keys.isEmpty()) {
            add(path, "x-kubernetes-list-map-keys and list type map need each other");
        }
        if (listType.equals("map") && !items.path("type").asString("").equals("object")) {
            add(path, "list type map needs objects as items");
        }
        if (listType.equals("set") && Set.of("object", "array").contains(items.path("type").asString(""))
                && !"atomic".equals(items.path("x-kubernetes-map-type").asString(items.path("x-kubernetes-list-type").asString("")))) {
            add(path, "list type set needs scalars or atomic items");
        }
        keys.forEach(key -> mapKey(key.asString(), items, path));
        if (schema.has("x-kubernetes-map-type")
                && (!schema.path("type").asString("").equals("object")
                        || !Set.of("atomic", "granular").contains(schema.path("x-kubernetes-map-type").asString()))) {
            add(path, "x-kubernetes-map-type is atomic or granular, of an object");
        }
    }

    private void mapKey(String key, JsonNode items, String path) {
        JsonNode property = items.path("properties").path(key);
        if (property.isMissingNode() || Set.of("object", "array").contains(property.path("type").asString(""))) {
            add(path, "map key " + key + " is no scalar property of the items");
        }
        boolean required = items.path("required").valueStream().anyMatch(name -> name.asString().equals(key));
        if (!required && !property.has("default")) {
            add(path, "map key " + key + " must be required or have a default");
        }
    }

    private void rules(JsonNode schema, String path, long times) {
        for (JsonNode rule : schema.path("x-kubernetes-validations")) {
            String text = rule.path("rule").asString("");
            String message = rule.path("message").asString("");
            if (message.isBlank() || message.contains("\n") || text.isBlank()) {
                add(path, "a rule needs a rule and a message of one line");
            }
            if (times == 0) {
                add(path, "a rule is in a list or map without bound");
            }
            try {
                long cost = CelCheck.cost(text, schema, path.isEmpty());
                totalCost += cost * times;
                if (cost * times > CelCheck.MAX_COST) {
                    add(path, "rule costs %d: %s".formatted(cost * times, text));
                }
            } catch (RuntimeException e) {
                add(path, "rule \"%s\": %s".formatted(text, e.getMessage()));
            }
        }
    }

    private void defaults(JsonNode schema, String path) {
        if (schema.has("default")) {
            JsonNode pruned = SchemaValidation.pruned(schema, schema.path("default"));
            if (!pruned.equals(schema.path("default"))) {
                add(path, "the default has unknown fields: " + schema.path("default"));
            }
            SchemaValidation.problems(schema, SchemaValidation.defaulted(schema, pruned))
                    .forEach(problem -> add(path, "the default is not valid: " + problem));
        }
    }

    /** @param outer the schema outside of allOf, anyOf, oneOf and not, which must have all that is said of inside */
    private void nested(JsonNode schema, JsonNode outer, String path) {
        boolean intOrString = outer.path("x-kubernetes-int-or-string").asBoolean(false);
        for (String key : schema.propertyNames()) {
            if (NEVER_NESTED.contains(key) && !(intOrString && key.equals("type"))) {
                add(path, key + " is not allowed within allOf, anyOf, oneOf or not");
            }
        }
        schema.path("properties").properties().forEach(entry -> {
            JsonNode same = outer.path("properties").path(entry.getKey());
            if (same.isMissingNode() || entry.getKey().equals("metadata")) {
                add(join(path, entry.getKey()), "is not specified outside");
            }
            nested(entry.getValue(), same, join(path, entry.getKey()));
        });
        schema.path("required").forEach(name -> {
            if (!outer.path("properties").has(name.asString())) {
                add(path, "required, but not specified outside: " + name.asString());
            }
        });
        if (schema.has("items")) {
            if (!outer.has("items")) {
                add(path, "items are not specified outside");
            }
            nested(schema.path("items"), outer.path("items"), path + "[]");
        }
        for (String junctor : List.of("allOf", "anyOf", "oneOf")) {
            schema.path(junctor).forEach(part -> nested(part, outer, join(path, junctor)));
        }
        if (schema.has("not")) {
            nested(schema.path("not"), outer, join(path, "not"));
        }
    }

    private void add(String path, String problem) {
        problems.add((path.isEmpty() ? "root" : path) + ": " + problem);
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
