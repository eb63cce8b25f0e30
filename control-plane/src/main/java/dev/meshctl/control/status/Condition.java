package dev.meshctl.control.status;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One condition, as {@code metav1.Condition} has it.
 *
 * @param reason in CamelCase
 * @param message for people
 */
record Condition(String type, boolean holds, String reason, String message) {
    private static final int MAX_MESSAGE = 1024;

    Condition {
        message = message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE - 1) + "…" : message;
    }

    /**
     * As it is to be written. What has not changed since keeps its time of transition.
     *
     * @param before the conditions that are there
     */
    Map<String, Object> written(List<?> before, long generation, Instant now) {
        Map<String, Object> condition = new LinkedHashMap<>();
        condition.put("type", type);
        condition.put("status", holds ? "True" : "False");
        condition.put("observedGeneration", generation);
        condition.put("lastTransitionTime", since(before, now));
        condition.put("reason", reason);
        condition.put("message", message);
        return condition;
    }

    private String since(List<?> before, Instant now) {
        for (Object entry : before) {
            if (entry instanceof Map<?, ?> old && type.equals(old.get("type")) && (holds ? "True" : "False").equals(old.get("status"))
                    && old.get("lastTransitionTime") instanceof String time) {
                return time;
            }
        }
        return now.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** True if these conditions say the same, whatever numbers are of which type. */
    static boolean same(List<?> before, List<Map<String, Object>> after) {
        return before.size() == after.size() && after.stream().allMatch(wanted -> before.stream().anyMatch(there ->
                there instanceof Map<?, ?> old && wanted.keySet().stream().allMatch(field ->
                        Objects.equals(String.valueOf(old.get(field)), String.valueOf(wanted.get(field))))));
    }
}
