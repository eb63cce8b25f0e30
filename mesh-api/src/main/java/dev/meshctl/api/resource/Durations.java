package dev.meshctl.api.resource;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as the Gateway API writes them: {@code 500ms}, {@code 10s}, {@code 1h30m}.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-2257/">GEP-2257</a>
 */
public final class Durations {
    /** What is accepted, for messages. */
    public static final String FORM = "a duration such as 500ms, 10s or 1h30m";

    private static final Pattern WHOLE = Pattern.compile("([0-9]{1,5}(h|m|s|ms)){1,4}");
    private static final Pattern PART = Pattern.compile("([0-9]{1,5})(ms|h|m|s)");

    private Durations() {}

    /**
     * Reads the text form.
     *
     * @throws IllegalArgumentException if the text has another form
     */
    public static Duration parse(String text) {
        if (!WHOLE.matcher(text).matches()) {
            throw new IllegalArgumentException("\"%s\" is not %s".formatted(text, FORM));
        }
        Duration sum = Duration.ZERO;
        Matcher part = PART.matcher(text);
        while (part.find()) {
            sum = sum.plus(one(Long.parseLong(part.group(1)), part.group(2)));
        }
        return sum;
    }

    private static Duration one(long amount, String unit) {
        return switch (unit) {
            case "h" -> Duration.ofHours(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "s" -> Duration.ofSeconds(amount);
            default -> Duration.ofMillis(amount);
        };
    }

    /** Writes the shortest exact form, to the millisecond; what {@link #parse} reads back. */
    public static String format(Duration duration) {
        if (duration.isZero()) {
            return "0s";
        }
        StringBuilder text = new StringBuilder();
        append(text, duration.toHours(), "h");
        append(text, duration.toMinutesPart(), "m");
        append(text, duration.toSecondsPart(), "s");
        append(text, duration.toMillisPart(), "ms");
        return text.isEmpty() ? "0s" : text.toString();
    }

    private static void append(StringBuilder text, long amount, String unit) {
        if (amount != 0) {
            text.append(amount).append(unit);
        }
    }
}
