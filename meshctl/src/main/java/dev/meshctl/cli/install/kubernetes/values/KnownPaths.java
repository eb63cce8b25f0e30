package dev.meshctl.cli.install.kubernetes.values;

import dev.meshctl.cli.output.Suggestion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** All paths of settings and groups, to suggest the one that was meant. */
final class KnownPaths {
    private KnownPaths() {}

    /** What somebody who wrote this unknown path most likely meant. @param siblings what is known at its place */
    static String hint(String path, List<String> siblings) {
        String parent = path.substring(0, Math.max(0, path.lastIndexOf('.')));
        String name = path.substring(path.lastIndexOf('.') + 1);
        return Suggestion.nearest(name, siblings).map(near -> parent.isEmpty() ? near : parent + "." + near)
                .or(() -> elsewhere(path, name))
                .map("did you mean %s?"::formatted)
                .orElseGet(() -> "known here: " + String.join(", ", siblings));
    }

    // The right name in the wrong group.
    private static Optional<String> elsewhere(String path, String name) {
        List<String> all = all();
        return Suggestion.nearest(path, all).or(() -> all.stream()
                .filter(known -> known.endsWith("." + name))
                .min(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder())));
    }

    static List<String> all() {
        List<String> paths = new ArrayList<>();
        collect(Values.class, "", paths);
        return paths;
    }

    private static void collect(Class<?> type, String path, List<String> paths) {
        for (SettingShape.Part part : SettingShape.of(type)) {
            String inner = ValuesDecoder.join(path, part.name());
            paths.add(inner);
            if (part.isGroup()) {
                collect(part.type(), inner, paths);
            }
        }
    }
}
