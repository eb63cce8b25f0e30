package dev.meshctl.cli.install.kubernetes.crd;

import dev.meshctl.api.resource.Durations;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntPredicate;
import tools.jackson.databind.JsonNode;

/** Evaluates expressions as the API server does. */
final class CelEvaluation {
    private final Map<String, Object> variables;

    private CelEvaluation(Map<String, Object> variables) {
        this.variables = variables;
    }

    /** Whether a rule holds for a value. */
    static boolean holds(String rule, JsonNode self) {
        return (Boolean) new CelEvaluation(Map.of("self", value(self))).evaluate(CelExpression.parse(rule));
    }

    /** Whether a rule on a change holds. */
    static boolean holds(String rule, JsonNode self, JsonNode oldSelf) {
        return (Boolean) new CelEvaluation(Map.of("self", value(self), "oldSelf", value(oldSelf)))
                .evaluate(CelExpression.parse(rule));
    }

    private Object evaluate(CelExpression expression) {
        return switch (expression) {
            case CelExpression.Literal(Object value) -> value;
            case CelExpression.Name(String name) -> Objects.requireNonNull(variables.get(name), name);
            case CelExpression.Field field -> field(field);
            case CelExpression.Not(CelExpression of) -> !(Boolean) evaluate(of);
            case CelExpression.Binary binary -> binary(binary);
            case CelExpression.Call call -> call(call);
            case CelExpression.Iteration iteration -> iterate(iteration);
        };
    }

    private Object field(CelExpression.Field field) {
        Map<?, ?> of = (Map<?, ?>) evaluate(field.of());
        if (field.test()) {
            return of.containsKey(field.name());
        }
        return Objects.requireNonNull(of.get(field.name()), "no such key: " + field.name());
    }

    private Object binary(CelExpression.Binary binary) {
        return switch (binary.operator()) {
            case "&&" -> (Boolean) evaluate(binary.left()) && (Boolean) evaluate(binary.right());
            case "||" -> (Boolean) evaluate(binary.left()) || (Boolean) evaluate(binary.right());
            case "==" -> evaluate(binary.left()).equals(evaluate(binary.right()));
            case "!=" -> !evaluate(binary.left()).equals(evaluate(binary.right()));
            case "<" -> compare(binary, c -> c < 0);
            case "<=" -> compare(binary, c -> c <= 0);
            case ">" -> compare(binary, c -> c > 0);
            case ">=" -> compare(binary, c -> c >= 0);
            default -> throw new IllegalArgumentException(binary.operator());
        };
    }

    @SuppressWarnings("unchecked")
    private Object compare(CelExpression.Binary binary, IntPredicate holds) {
        return holds.test(((Comparable<Object>) evaluate(binary.left())).compareTo(evaluate(binary.right())));
    }

    private Object call(CelExpression.Call call) {
        Object first = evaluate(call.arguments().getFirst());
        return switch (call.function()) {
            case "duration" -> Durations.parse((String) first);
            case "isSorted" -> isSorted((List<?>) first);
            default -> throw new IllegalArgumentException("unknown function " + call.function());
        };
    }

    @SuppressWarnings("unchecked")
    private static boolean isSorted(List<?> list) {
        for (int i = 1; i < list.size(); i++) {
            if (((Comparable<Object>) list.get(i - 1)).compareTo(list.get(i)) > 0) {
                return false;
            }
        }
        return true;
    }

    private Object iterate(CelExpression.Iteration iteration) {
        List<?> over = (List<?>) evaluate(iteration.over());
        long matching = over.stream().filter(item -> {
            Map<String, Object> inner = new HashMap<>(variables);
            inner.put(iteration.variable(), item);
            return (Boolean) new CelEvaluation(inner).evaluate(iteration.body());
        }).count();
        return switch (iteration.macro()) {
            case "all" -> matching == over.size();
            case "exists" -> matching > 0;
            default -> matching == 1;
        };
    }

    private static Object value(JsonNode node) {
        if (node.isObject()) {
            Map<String, Object> fields = new HashMap<>();
            node.properties().forEach(entry -> fields.put(entry.getKey(), value(entry.getValue())));
            return fields;
        }
        if (node.isArray()) {
            List<Object> items = new ArrayList<>();
            node.forEach(item -> items.add(value(item)));
            return items;
        }
        return node.isIntegralNumber() ? (Object) node.asLong() : node.isNumber() ? (Object) node.asDouble()
                : node.isBoolean() ? (Object) node.asBoolean() : node.asString();
    }
}
