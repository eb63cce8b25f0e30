package dev.meshctl.cli.output;

import dev.meshctl.cli.CliError;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as users write and read them. */
public final class Times {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

    private Times() {}

    /**
     * Reads {@code 500ms}, {@code 30s}, {@code 5m}, {@code 1h}, {@code 2d}.
     *
     * @param option whose value it is, for the error
     */
    public static Duration parse(String text, String option) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw CliError.usage(option + " \"" + text + "\" is not a duration").next("write 500ms, 30s, 5m or 1h");
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    /** The form that resources carry: whole milliseconds or seconds. */
    public static String format(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }

    /** How old something is, as kubectl has it: two units while the smaller one matters, as in {@code 4m30s}, {@code 5h}, {@code 3d2h}. */
    public static String age(Duration age) {
        long seconds = Math.max(0, age.toSeconds());
        long minutes = seconds / 60;
        long hours = minutes / 60;
        long days = hours / 24;
        if (minutes < 2) {
            return seconds + "s";
        }
        if (hours < 3) {
            return minutes + "m" + (minutes < 10 ? rest(seconds % 60, "s") : "");
        }
        if (days < 2) {
            return hours + "h" + (hours < 8 ? rest(minutes % 60, "m") : "");
        }
        if (days < 2 * 365) {
            return days + "d" + (days < 8 ? rest(hours % 24, "h") : "");
        }
        return days / 365 + "y" + (days < 8 * 365 ? rest(days % 365, "d") : "");
    }

    private static String rest(long amount, String unit) {
        return amount == 0 ? "" : amount + unit;
    }

    /** How long ago, in one or two units: {@code 4s}, {@code 12m}, {@code 3h5m}, {@code 2d}. */
    public static String ago(Instant then, Instant now) {
        return brief(Duration.between(then, now));
    }

    /** A length of time in one or two units; never negative. */
    public static String brief(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < 60) {
            return seconds + "s";
        }
        if (seconds < 3600) {
            return seconds / 60 + "m";
        }
        if (seconds < 86_400) {
            return seconds / 3600 + "h" + (seconds / 60 % 60 == 0 ? "" : seconds / 60 % 60 + "m");
        }
        return seconds / 86_400 + "d";
    }
}
