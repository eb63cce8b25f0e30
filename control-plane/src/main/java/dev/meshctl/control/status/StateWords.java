package dev.meshctl.control.status;

import dev.meshctl.control.store.Observed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Conditions in a word or several, as a list has room for. */
final class StateWords {
    /** The conditions are about what the object said before. */
    private static final String PENDING = "Pending";
    /** The order in which what is wrong matters: of a route that is not accepted, nobody asks for its backends. */
    private static final List<String> TYPES = List.of("Accepted", "Valid", "ResolvedRefs", "Conflict");

    private StateWords() {}

    private record Said(String type, boolean holds, String reason) {
        /** A conflict is what should not be; all others should. */
        boolean isGood() {
            return holds != type.equals("Conflict");
        }
    }

    /** Of conditions that were made just now, a list for each parent. */
    static String of(Stream<List<Condition>> parents) {
        return joined(parents.map(conditions -> word(conditions.stream()
                .map(c -> new Said(c.type(), c.holds(), c.reason())).toList())));
    }

    /** Of the status that an object has: its parents that are this mesh's, or its one list of conditions. */
    static String of(Observed observed) {
        List<?> parents = list(observed.status().get("parents"));
        Stream<?> lists = parents.isEmpty() ? Stream.of(observed.status())
                : parents.stream().filter(parent -> StatusWriter.CONTROLLER.equals(map(parent).get("controllerName")));
        return joined(lists.map(each -> word(list(map(each).get("conditions")), observed.generation())));
    }

    private static String word(List<?> conditions, long generation) {
        List<Said> said = new ArrayList<>();
        for (Object condition : conditions) {
            Map<?, ?> fields = map(condition);
            String type = String.valueOf(fields.get("type"));
            if (!TYPES.contains(type)) {
                continue;
            }
            if (fields.get("observedGeneration") instanceof Number seen && seen.longValue() < generation) {
                return PENDING;
            }
            said.add(new Said(type, "True".equals(fields.get("status")), String.valueOf(fields.get("reason"))));
        }
        return word(said);
    }

    /** The reason of the first that is not as it should be; else the first. */
    private static String word(List<Said> said) {
        Optional<Said> bad = TYPES.stream().flatMap(type -> said.stream().filter(s -> s.type().equals(type) && !s.isGood())).findFirst();
        return bad.map(Said::reason).or(() -> TYPES.stream().filter(type -> said.stream().anyMatch(s -> s.type().equals(type)))
                .findFirst()).orElse("");
    }

    private static String joined(Stream<String> words) {
        return words.filter(word -> !word.isEmpty()).distinct().collect(Collectors.joining(","));
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static List<?> list(@Nullable Object value) {
        return value instanceof List<?> list ? list : List.of();
    }
}
