package dev.meshctl.cli.install.kubernetes.crd;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Checks a rule against the schema it stands in: every name and field exists, every comparison is of one type, all that
 * is iterated over or read as a whole is bounded. Counts the worst case of steps, as the API server bounds it.
 */
final class CelCheck {
    /** Of one rule, times how often its schema may occur: the API server's bound. */
    static final long MAX_COST = 10_000_000;

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final JsonNode BOOLEAN = JSON.readTree("{\"type\": \"boolean\"}");
    private static final JsonNode TEXT = JSON.readTree("{\"type\": \"string\", \"maxLength\": 64}");
    private static final JsonNode INTEGER = JSON.readTree("{\"type\": \"integer\"}");
    private static final JsonNode DURATION = JSON.readTree("{\"type\": \"duration\"}");
    private static final JsonNode NAME = JSON.readTree("{\"type\": \"string\", \"maxLength\": 253}");

    private final Map<String, JsonNode> types;
    private final boolean root;
    /** Optional fields that the rule has asked for by has(); metadata is always there. */
    private final Set<String> guarded = new HashSet<>(Set.of("metadata"));
    private long cost;
    private long times = 1;

    private CelCheck(Map<String, JsonNode> types, boolean root) {
        this.types = types;
        this.root = root;
    }

    /**
     * The cost of a rule.
     *
     * @throws IllegalArgumentException if it cannot be right; the message says why
     */
    static long cost(String rule, JsonNode schema, boolean root) {
        CelCheck check = new CelCheck(new HashMap<>(Map.of("self", schema, "oldSelf", schema)), root);
        JsonNode type = check.type(CelExpression.parse(rule));
        if (!type(type).equals("boolean")) {
            throw new IllegalArgumentException("must be true or false, is " + type(type));
        }
        return check.cost;
    }

    private JsonNode type(CelExpression expression) {
        cost += times;
        return switch (expression) {
            case CelExpression.Literal(Object value) ->
                value instanceof String ? TEXT : value instanceof Boolean ? BOOLEAN : INTEGER;
            case CelExpression.Name(String name) -> known(types.get(name), name);
            case CelExpression.Field field -> field(field);
            case CelExpression.Not(CelExpression of) -> want(of, "boolean");
            case CelExpression.Binary binary -> binary(binary);
            case CelExpression.Call call -> call(call);
            case CelExpression.Iteration iteration -> iteration(iteration);
        };
    }

    private JsonNode field(CelExpression.Field field) {
        JsonNode of = type(field.of());
        if (root && isSelf(field.of(), "metadata") && field.name().equals("name")) {
            return NAME;
        }
        JsonNode found = of.path("properties").get(field.name());
        boolean optional = of.path("required").valueStream().noneMatch(name -> name.asString().equals(field.name()))
                && found != null && !found.has("default");
        if (optional && !field.test() && !guarded.contains(field.name())) {
            throw new IllegalArgumentException(field.name() + " may be missing; ask has() first");
        }
        if (field.test()) {
            guarded.add(field.name());
        }
        JsonNode known = known(found, field.name());
        return field.test() ? BOOLEAN : known;
    }

    private static boolean isSelf(CelExpression expression, String name) {
        return expression.equals(new CelExpression.Field(new CelExpression.Name("self"), name, false));
    }

    private JsonNode binary(CelExpression.Binary binary) {
        if (binary.operator().equals("&&") || binary.operator().equals("||")) {
            want(binary.left(), "boolean");
            return want(binary.right(), "boolean");
        }
        want(binary.right(), type(type(binary.left())));
        return BOOLEAN;
    }

    private JsonNode call(CelExpression.Call call) {
        JsonNode first = type(call.arguments().getFirst());
        return switch (call.function()) {
            case "duration" -> {
                same("string", first);
                bound(first, "maxLength");
                yield DURATION;
            }
            case "isSorted" -> {
                same("array", first);
                cost += times * bound(first, "maxItems");
                yield BOOLEAN;
            }
            default -> throw new IllegalArgumentException("unknown function " + call.function());
        };
    }

    private JsonNode iteration(CelExpression.Iteration iteration) {
        JsonNode over = type(iteration.over());
        same("array", over);
        long before = times;
        times = Math.multiplyExact(times, bound(over, "maxItems"));
        types.put(iteration.variable(), over.path("items"));
        want(iteration.body(), "boolean");
        types.remove(iteration.variable());
        times = before;
        return BOOLEAN;
    }

    private JsonNode want(CelExpression expression, String type) {
        JsonNode found = type(expression);
        same(type, found);
        return found;
    }

    private static void same(String wanted, JsonNode found) {
        if (!type(found).equals(wanted)) {
            throw new IllegalArgumentException("expected %s, found %s".formatted(wanted, type(found)));
        }
    }

    private static long bound(JsonNode schema, String keyword) {
        if (!schema.has(keyword)) {
            throw new IllegalArgumentException("unbounded: " + keyword + " is missing");
        }
        return schema.path(keyword).asLong();
    }

    private static JsonNode known(JsonNode found, String name) {
        if (found == null) {
            throw new IllegalArgumentException("no such field: " + name);
        }
        return found;
    }

    private static String type(JsonNode schema) {
        return schema.path("type").asString();
    }
}
