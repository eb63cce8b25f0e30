package dev.meshctl.api.resource;

import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes records of nodes. What is wrong goes to the problems, and null comes back for it. */
final class Decoder {
    private static final Node.Mapping NOTHING = new Node.Mapping(Map.of(), 0, 0, 1);

    private final Problems problems;

    Decoder(Problems problems) {
        this.problems = problems;
    }

    /** @param besides fields that are allowed though the record has none of that name */
    @Nullable Object record(Class<?> type, Node node, String path, Set<String> besides) {
        if (!(node instanceof Node.Mapping mapping)) {
            return expected("an object", node, path);
        }
        int before = problems.count();
        Shape shape = Shape.of(type);
        unknownFields(shape, mapping, path, besides);
        List<Object> values = new ArrayList<>();
        for (Shape.Field field : shape.fields()) {
            Object value = field(field, mapping, path);
            if (value != null) {
                values.add(value);
            }
        }
        return problems.count() > before ? null : create(shape, values, mapping, path);
    }

    private @Nullable Object create(Shape shape, List<Object> values, Node.Mapping node, String path) {
        try {
            return shape.create(values);
        } catch (InvalidField e) {
            Node at = Paths.find(node, e.field());
            problems.add(at, Paths.join(path, e.field()), "expected %s, found %s".formatted(e.expected(), e.found()), "");
        } catch (IllegalArgumentException e) {
            problems.add(node, path, String.valueOf(e.getMessage()), "");
        }
        return null;
    }

    private void unknownFields(Shape shape, Node.Mapping mapping, String path, Set<String> besides) {
        List<String> known = new ArrayList<>(besides);
        shape.fields().forEach(field -> known.add(field.name()));
        mapping.entries().forEach((name, entry) -> {
            if (!known.contains(name)) {
                String hint = Nearest.to(name, known).map("did you mean \"%s\"?"::formatted)
                        .orElseGet(() -> known.isEmpty() ? "" : "known here: " + String.join(", ", known));
                problems.add(entry.line(), entry.column(), Paths.join(path, shown(name)), "unknown field", hint);
            }
        });
    }

    private static String shown(String name) {
        return name.length() > 64 ? name.substring(0, 64) + "…" : name;
    }

    private @Nullable Object field(Shape.Field field, Node.Mapping mapping, String path) {
        Node.Entry entry = mapping.entries().get(field.name());
        String inner = Paths.join(path, field.name());
        if (entry != null && !entry.value().isNull()) {
            return value(field.type(), entry.value(), inner);
        }
        Object missing = missing(field, inner);
        if (missing == null) {
            problems.add(mapping, inner, "missing; expected " + described(field.type()), "");
        }
        return missing;
    }

    private @Nullable Object missing(Shape.Field field, String path) {
        Class<?> raw = Records.raw(field.type());
        String whenMissing = field.whenMissing();
        if (whenMissing != null) {
            return whenMissing.equals("{}") ? value(field.type(), NOTHING, path)
                    : value(field.type(), new Node.Scalar(numeric(raw), whenMissing, 0, 0), path);
        }
        if (raw == Optional.class) {
            return Optional.empty();
        }
        if (raw == OptionalInt.class) {
            return OptionalInt.empty();
        }
        return raw == List.class ? List.of() : raw == Map.class ? Map.of() : null;
    }

    private static Node.Type numeric(Class<?> raw) {
        return raw == boolean.class ? Node.Type.BOOLEAN
                : raw == int.class || raw == long.class || raw == double.class ? Node.Type.NUMBER : Node.Type.TEXT;
    }

    private @Nullable Object value(Type type, Node node, String path) {
        Class<?> raw = Records.raw(type);
        if (raw == Optional.class) {
            Object inner = value(Records.argument(type), node, path);
            return inner == null ? null : Optional.of(inner);
        }
        if (raw == OptionalInt.class) {
            Object inner = value(int.class, node, path);
            return inner instanceof Integer number ? OptionalInt.of(number) : null;
        }
        if (raw == List.class) {
            return list(Records.argument(type), node, path);
        }
        if (raw == Map.class) {
            return texts(node, path);
        }
        if (raw.isRecord()) {
            return record(raw, node, path, Set.of());
        }
        return node instanceof Node.Scalar scalar && !scalar.isNull() ? scalar(raw, scalar, path)
                : expected(described(type), node, path);
    }

    private @Nullable Object list(Type item, Node node, String path) {
        if (!(node instanceof Node.Sequence sequence)) {
            return expected("a list", node, path);
        }
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < sequence.items().size(); i++) {
            Object value = value(item, sequence.items().get(i), path + "[" + i + "]");
            if (value != null) {
                items.add(value);
            }
        }
        return items;
    }

    private @Nullable Object texts(Node node, String path) {
        if (!(node instanceof Node.Mapping mapping)) {
            return expected("an object", node, path);
        }
        Map<String, String> texts = new LinkedHashMap<>();
        mapping.entries().forEach((key, entry) -> {
            if (value(String.class, entry.value(), Paths.join(path, shown(key))) instanceof String text) {
                texts.put(key, text);
            }
        });
        return texts;
    }

    private @Nullable Object scalar(Class<?> raw, Node.Scalar node, String path) {
        if (raw == String.class) {
            if (node.type() != Node.Type.TEXT) {
                problems.add(node, path, "expected text, found " + node.described(), "put it in quotes: \"" + node.text() + "\"");
                return null;
            }
            return node.text();
        }
        try {
            Object value = read(raw, node);
            return value != null ? value : expected(described(raw), node, path);
        } catch (IllegalArgumentException | DateTimeParseException | ArithmeticException e) {
            return expected(described(raw), node, path);
        }
    }

    private @Nullable Object read(Class<?> raw, Node.Scalar node) {
        boolean number = node.type() == Node.Type.NUMBER;
        if (raw == int.class || raw == Integer.class) {
            return number ? (Object) Integer.valueOf(node.text()) : null;
        }
        if (raw == long.class) {
            return number ? (Object) Long.valueOf(node.text()) : null;
        }
        if (raw == double.class || raw == Double.class) {
            double value = number ? Double.parseDouble(node.text()) : Double.NaN;
            return Double.isFinite(value) ? (Object) value : null;
        }
        if (raw == boolean.class) {
            return node.type() == Node.Type.BOOLEAN ? (Object) Boolean.valueOf(node.text()) : null;
        }
        if (raw == Duration.class) {
            return Durations.parse(node.text());
        }
        if (raw == Instant.class) {
            return Instant.parse(node.text());
        }
        return constant(raw, node.text());
    }

    private @Nullable Object constant(Class<?> raw, String text) {
        for (Object constant : raw.getEnumConstants()) {
            if (Records.word((Enum<?>) constant).equals(text)) {
                return constant;
            }
        }
        return null;
    }

    private @Nullable Object expected(String what, Node node, String path) {
        String hint = node instanceof Node.Scalar scalar && what.startsWith("one of ")
                ? Nearest.to(scalar.text(), List.of(what.substring("one of ".length()).split(", ")))
                        .map("did you mean \"%s\"?"::formatted).orElse("")
                : "";
        problems.add(node, path, "expected %s, found %s".formatted(what, node.described()), hint);
        return null;
    }

    private static String described(Type type) {
        Class<?> raw = Records.raw(type);
        if (raw == Optional.class) {
            return described(Records.argument(type));
        }
        if (raw.isEnum()) {
            return "one of " + Arrays.stream(raw.getEnumConstants()).map(c -> Records.word((Enum<?>) c))
                    .collect(Collectors.joining(", "));
        }
        if (raw == int.class || raw == Integer.class || raw == OptionalInt.class || raw == long.class) {
            return "a whole number";
        }
        if (raw == Duration.class) {
            return Durations.FORM;
        }
        if (raw == Instant.class) {
            return "a time such as 2026-01-31T12:00:00Z";
        }
        return raw == double.class || raw == Double.class ? "a number"
                : raw == boolean.class ? "true or false"
                : raw == String.class ? "text" : "an object";
    }
}
