package dev.meshctl.cli.install.kubernetes.values;

import dev.meshctl.cli.install.kubernetes.values.Given.Origin;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One {@code --set path.to.setting=value}. A dot inside a name is written {@code \.}. Lists and maps are written as
 * YAML: {@code [a, b]}, {@code {a: b}}.
 */
final class SetArgument {
    private SetArgument() {}

    /** As a tree of its own; empty if it is wrong, which is then among the problems. */
    static Optional<Given.Mapping> read(String argument, ValueProblems problems) {
        Origin origin = new Origin("--set " + argument, 0, 0);
        int equals = argument.indexOf('=');
        List<String> path = equals > 0 ? path(argument.substring(0, equals)) : List.of();
        if (path.isEmpty() || path.contains("")) {
            problems.add(origin, "", "expected PATH=VALUE, as in gateway.replicas=2", "");
            return Optional.empty();
        }
        return value(argument.substring(equals + 1), origin, problems).map(value -> nested(path, value, origin));
    }

    // Only what begins as a list or a map is read as YAML: in all else YAML's own signs mean nothing.
    private static Optional<Given> value(String text, Origin origin, ValueProblems problems) {
        return text.startsWith("[") || text.startsWith("{") ? GivenYaml.readArgument(origin.source(), text, problems)
                : Optional.of(new Given.Scalar(Given.Type.ANY, text, origin));
    }

    private static Given.Mapping nested(List<String> path, Given value, Origin origin) {
        Given inner = value;
        for (String name : path.reversed()) {
            Map<String, Given> entry = new LinkedHashMap<>();
            entry.put(name, inner);
            inner = new Given.Mapping(entry, origin);
        }
        return (Given.Mapping) inner;
    }

    private static List<String> path(String text) {
        List<String> names = new ArrayList<>();
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                name.append(text.charAt(++i));
            } else if (c == '.') {
                names.add(name.toString());
                name.setLength(0);
            } else {
                name.append(c);
            }
        }
        names.add(name.toString());
        return names;
    }
}
