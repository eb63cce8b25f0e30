package dev.meshctl.cli.install.kubernetes.values;

import dev.meshctl.api.resource.Durations;
import dev.meshctl.cli.install.kubernetes.values.SettingShape.Part;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes records of what was given. What is wrong goes to the problems, and null comes back for it. */
final class ValuesDecoder {
    private static final int MAX_ITEMS = 64;
    private static final Pattern WHOLE_NUMBER = Pattern.compile("-?[0-9]{1,18}");

    private final ValueProblems problems;

    ValuesDecoder(ValueProblems problems) {
        this.problems = problems;
    }

    @Nullable Object record(Class<?> type, Given.Mapping given, String path) {
        int before = problems.count();
        List<Part> parts = SettingShape.of(type);
        unknown(parts, given, path);
        List<Object> values = new ArrayList<>();
        for (Part part : parts) {
            Given value = given.entries().get(part.name());
            Object decoded = value == null ? null : value(part, value, join(path, part.name()));
            if (decoded != null) {
                values.add(decoded);
            }
        }
        return problems.count() > before ? null : create(type, values, given, path);
    }

    private @Nullable Object create(Class<?> type, List<Object> values, Given.Mapping given, String path) {
        try {
            return SettingShape.create(type, values);
        } catch (WrongSetting e) {
            problems.add(find(given, e.setting()).origin(), join(path, e.setting()), String.valueOf(e.getMessage()), "");
            return null;
        }
    }

    private static Given find(Given from, String path) {
        Given at = from;
        for (String name : path.split("\\.")) {
            at = at instanceof Given.Mapping mapping && mapping.entries().get(name) instanceof Given inner ? inner : at;
        }
        return at;
    }

    private void unknown(List<Part> parts, Given.Mapping given, String path) {
        List<String> known = parts.stream().map(Part::name).toList();
        given.entries().forEach((name, value) -> {
            if (!known.contains(name)) {
                String full = join(path, name);
                problems.add(value.origin(), full, "unknown setting", KnownPaths.hint(full, known));
            }
        });
    }

    private @Nullable Object value(Part part, Given given, String path) {
        if (part.isGroup()) {
            return given instanceof Given.Mapping mapping ? record(part.type(), mapping, path)
                    : expected("a group of settings", given, path);
        }
        if (part.type() == List.class) {
            return list(part, given, path);
        }
        if (part.type() == Map.class) {
            return map(part, given, path);
        }
        return scalar(part.type(), part, given, path);
    }

    private @Nullable Object list(Part part, Given given, String path) {
        if (!(given instanceof Given.Sequence(List<Given> items, _)) || items.size() > MAX_ITEMS) {
            return expected("a list of at most " + MAX_ITEMS + " items", given, path);
        }
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            String at = path + "[" + i + "]";
            Object value = part.item().isRecord() ? item(part.item(), items.get(i), at)
                    : scalar(part.item(), part, items.get(i), at);
            if (value != null) {
                values.add(value);
            }
        }
        return List.copyOf(values);
    }

    private @Nullable Object item(Class<?> type, Given given, String path) {
        return given instanceof Given.Mapping mapping ? record(type, Defaults.ofItem(type).with(mapping), path)
                : expected("a group of settings", given, path);
    }

    private @Nullable Object map(Part part, Given given, String path) {
        if (!(given instanceof Given.Mapping(Map<String, Given> entries, _)) || entries.size() > MAX_ITEMS) {
            return expected("at most " + MAX_ITEMS + " names with text", given, path);
        }
        Map<String, String> values = new LinkedHashMap<>();
        entries.forEach((key, value) -> {
            if (!Format.QUALIFIED_NAME.accepts(key)) {
                problems.add(value.origin(), path,
                        "expected %s, found \"%s\"".formatted(Format.QUALIFIED_NAME.described(), key), "");
            } else if (scalar(String.class, part, value, join(path, key)) instanceof String text) {
                values.put(key, text);
            }
        });
        return Collections.unmodifiableMap(values);
    }

    private @Nullable Object scalar(Class<?> type, Part part, Given given, String path) {
        Object value = given instanceof Given.Scalar scalar && typeFits(type, scalar.type())
                ? read(type, part, scalar.text()) : null;
        return value != null ? value : expected(SettingTypes.described(type, part.setting()), given, path);
    }

    private static boolean typeFits(Class<?> wanted, Given.Type found) {
        return switch (found) {
            case ANY -> true;
            case TEXT -> wanted != boolean.class && wanted != int.class && wanted != long.class && wanted != Integer.class;
            case NUMBER -> wanted == int.class || wanted == long.class || wanted == Integer.class;
            case BOOLEAN -> wanted == boolean.class;
        };
    }

    private static @Nullable Object read(Class<?> type, Part part, String text) {
        Setting setting = part.setting();
        if (type == boolean.class) {
            return text.equals("true") || text.equals("false") ? (Object) Boolean.valueOf(text) : null;
        }
        if (type == String.class) {
            boolean mayBeEmpty = setting.is().isEmpty() && part.type() == String.class;
            return (text.isEmpty() && mayBeEmpty) || setting.format().accepts(text) ? text : null;
        }
        if (type == Duration.class) {
            return duration(setting, text);
        }
        return type.isEnum() ? constant(type, text) : number(type, setting, text);
    }

    private static @Nullable Object number(Class<?> type, Setting setting, String text) {
        if (!WHOLE_NUMBER.matcher(text).matches()) {
            return null;
        }
        long number = Long.parseLong(text);
        boolean fits = number >= setting.min() && number <= setting.max();
        return !fits ? null : type == long.class ? (Object) number : (Object) (int) number;
    }

    private static @Nullable Object duration(Setting setting, String text) {
        try {
            Duration duration = Durations.parse(text);
            return duration.compareTo(Duration.ofSeconds(setting.min())) >= 0
                    && duration.compareTo(Duration.ofSeconds(setting.max())) <= 0 ? duration : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static @Nullable Object constant(Class<?> type, String text) {
        for (Object constant : type.getEnumConstants()) {
            if (Words.of((Enum<?>) constant).equals(text)) {
                return constant;
            }
        }
        return null;
    }

    private @Nullable Object expected(String what, Given given, String path) {
        boolean quotesHelp = given instanceof Given.Scalar scalar && scalar.type() != Given.Type.TEXT
                && scalar.type() != Given.Type.ANY && what.startsWith("text");
        problems.add(given.origin(), path, "expected %s, found %s".formatted(what, given.described()),
                quotesHelp ? "put it in quotes" : "");
        return null;
    }

    static String join(String path, String name) {
        String shown = name.length() > 64 ? name.substring(0, 64) + "…" : name;
        return path.isEmpty() ? shown : path + "." + shown;
    }
}
