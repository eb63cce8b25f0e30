package dev.meshctl.api.resource;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The words and the plain form (maps, lists, text, numbers) of records. */
final class Records {
    private Records() {}

    /** As the text says it: {@code PATH_PREFIX} is {@code PathPrefix}, unless the enum has words of its own. */
    static String word(Enum<?> constant) {
        if (constant instanceof Worded worded) {
            return worded.word();
        }
        StringBuilder word = new StringBuilder();
        for (String part : constant.name().split("_")) {
            word.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
        }
        return word.toString();
    }

    static Class<?> raw(Type type) {
        return type instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : (Class<?>) type;
    }

    /** The type argument of a list or an optional, or of the values of a map. */
    static Type argument(Type type) {
        Type[] arguments = ((ParameterizedType) type).getActualTypeArguments();
        return arguments[arguments.length - 1];
    }

    /** A resource as nested maps, {@code apiVersion} and {@code kind} first; what is empty is left out. */
    static Map<String, Object> plain(Resource resource) {
        Map<String, Object> plain = new LinkedHashMap<>();
        plain.put("apiVersion", resource.apiVersion());
        plain.put("kind", resource.kind());
        plain.putAll(fields(resource));
        return plain;
    }

    private static Map<String, Object> fields(Object instance) {
        Map<String, Object> plain = new LinkedHashMap<>();
        for (Shape.Field field : Shape.of(instance.getClass()).fields()) {
            Object value = plain(Shape.get(field, instance));
            boolean optional = field.whenMissing() != null && !field.written() && isEmpty(value);
            boolean unset = "0".equals(field.whenMissing()) && raw(field.type()) == long.class && Long.valueOf(0).equals(value);
            if (value != null && !optional && !unset && !isEmptyCollection(field, value)) {
                plain.put(field.name(), value);
            }
        }
        return plain;
    }

    private static boolean isEmptyCollection(Shape.Field field, Object value) {
        Class<?> raw = raw(field.type());
        return (raw == List.class || raw == Map.class) && isEmpty(value);
    }

    private static boolean isEmpty(@Nullable Object value) {
        return "".equals(value) || (value instanceof List<?> list && list.isEmpty())
                || (value instanceof Map<?, ?> map && map.isEmpty());
    }

    private static @Nullable Object plain(Object value) {
        return switch (value) {
            case Optional<?> optional -> optional.isPresent() ? plain(optional.get()) : null;
            case OptionalInt optional -> optional.isPresent() ? (Object) optional.getAsInt() : null;
            case Enum<?> constant -> word(constant);
            case Duration duration -> Durations.format(duration);
            case Instant instant -> instant.toString();
            case Double number when number == Math.rint(number) && Math.abs(number) < 1e15 -> number.longValue();
            case List<?> list -> list.stream().map(Records::plain).toList();
            case Map<?, ?> map -> new LinkedHashMap<>(map);
            case Record inner -> fields(inner);
            default -> value;
        };
    }
}
