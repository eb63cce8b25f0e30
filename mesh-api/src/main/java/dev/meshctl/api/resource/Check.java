package dev.meshctl.api.resource;

import dev.meshctl.api.name.DnsLabel;
import java.time.Duration;
import java.util.Collection;
import java.util.OptionalInt;

/** The rules that many kinds share; each throws {@link InvalidField}. */
final class Check {
    static final int MAX_ITEMS = 256;
    static final int MAX_TEXT = 4096;
    private static final int MAX_QUOTED = 80;
    static final Duration MAX_DURATION = Duration.ofHours(24 * 7);
    private static final String LABEL = "1 to 63 lower-case letters, digits or inner hyphens";

    private Check() {}

    /** What is found is the user's text, so it is quoted, or a number. */
    static void that(boolean holds, String field, String expected, Object found) {
        if (!holds) {
            throw new InvalidField(field, expected, found instanceof String text ? quoted(text) : String.valueOf(found));
        }
    }

    /** What is found is said in words. */
    static void phrase(boolean holds, String field, String expected, String found) {
        if (!holds) {
            throw new InvalidField(field, expected, found);
        }
    }

    static void label(String text, String field) {
        that(DnsLabel.isValid(text), field, LABEL, text);
    }

    static void optionalLabel(String text, String field) {
        that(text.isEmpty() || DnsLabel.isValid(text), field, LABEL, text);
    }

    /** A service of the resource's own namespace. */
    static void service(String text, String field) {
        that(text.indexOf('.') < 0, field, "the name of a service in the resource's own namespace, without a dot", text);
        label(text, field);
    }

    static void range(long value, long low, long high, String field) {
        that(value >= low && value <= high, field, "a whole number from %d to %d".formatted(low, high), value);
    }

    static void port(int value, String field) {
        range(value, 1, 65535, field);
    }

    static void port(OptionalInt value, String field) {
        value.ifPresent(port -> port(port, field));
    }

    static void percent(double value, String field) {
        that(value >= 0 && value <= 100, field, "a percentage from 0 to 100", value);
    }

    static void duration(Duration value, Duration low, String field) {
        phrase(value.compareTo(low) >= 0 && value.compareTo(MAX_DURATION) <= 0, field,
                "a duration from %s to %s".formatted(Durations.format(low), Durations.format(MAX_DURATION)),
                Durations.format(value));
    }

    static void items(Collection<?> items, int low, int high, String field) {
        phrase(items.size() >= low && items.size() <= high, field,
                low == 0 ? "at most %d items".formatted(high) : "%d to %d items".formatted(low, high),
                items.size() + " items");
    }

    static void text(String text, String field) {
        phrase(!text.isEmpty() && text.length() <= MAX_TEXT, field, "1 to %d characters".formatted(MAX_TEXT),
                text.length() + " characters");
        that(text.chars().noneMatch(Character::isISOControl), field, "text without control characters", text);
    }

    static void optionalText(String text, String field) {
        if (!text.isEmpty()) {
            text(text, field);
        }
    }

    static String quoted(String text) {
        return "\"" + (text.length() > MAX_QUOTED ? text.substring(0, MAX_QUOTED) + "…" : text) + "\"";
    }
}
