package dev.meshctl.cli.command.resource;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.cli.CliError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Resources of a kind, as kubectl has them typed: {@code KIND[,KIND] [NAME ...]} or {@code KIND/NAME ...}.
 *
 * @param names empty for all
 */
record Wanted(Kind kind, List<String> names) {

    /** @throws CliError if a kind is unknown, or the two forms are mixed */
    static List<Wanted> parse(List<String> typed) {
        if (typed.isEmpty()) {
            return List.of();
        }
        if (typed.getFirst().contains("/")) {
            return each(typed);
        }
        List<String> names = typed.subList(1, typed.size());
        names.stream().filter(name -> name.contains("/")).findFirst().ifPresent(Wanted::mixed);
        return Arrays.stream(typed.getFirst().split(",")).map(Wanted::kind).distinct()
                .map(kind -> new Wanted(kind, List.copyOf(names))).toList();
    }

    private static List<Wanted> each(List<String> typed) {
        Map<Kind, List<String>> byKind = new LinkedHashMap<>();
        for (String one : typed) {
            int slash = one.indexOf('/');
            if (slash < 1 || slash == one.length() - 1 || one.indexOf('/', slash + 1) >= 0) {
                mixed(one);
            }
            byKind.computeIfAbsent(kind(one.substring(0, slash)), kind -> new ArrayList<>()).add(one.substring(slash + 1));
        }
        return byKind.entrySet().stream().map(entry -> new Wanted(entry.getKey(), List.copyOf(entry.getValue()))).toList();
    }

    private static void mixed(String one) {
        throw CliError.usage("cannot read \"" + one + "\"").because("resources are named KIND NAME ... or KIND/NAME ...");
    }

    private static Kind kind(String typed) {
        return Kinds.find(typed).orElseThrow(() -> {
            CliError error = CliError.usage("unknown kind \"" + typed + "\"")
                    .because("kinds: " + String.join(", ", Kinds.ALL.stream().map(Kind::singular).toList()));
            return Kinds.nearest(typed).map(near -> error.next("did you mean \"" + near.singular() + "\"?")).orElse(error);
        });
    }
}
