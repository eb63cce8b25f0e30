package dev.meshctl.cli.install.kubernetes.api;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What an API server says of itself.
 *
 * @param version as in {@code v1.31.2-gke.100}
 * @param major -1 if it cannot be read
 * @param minor -1 if it cannot be read
 * @param clock its time by the Date header, to the second
 */
public record ServerFacts(String version, int major, int minor, Optional<Instant> clock) {
    private static final Pattern VERSION = Pattern.compile("v?(\\d{1,4})\\.(\\d{1,4}).*");

    static ServerFacts of(JsonNode version, @Nullable String date) {
        String text = version.path("gitVersion").asString("");
        Matcher numbers = VERSION.matcher(text);
        return numbers.matches()
                ? new ServerFacts(text, Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2)), clock(date))
                : new ServerFacts(text, -1, -1, clock(date));
    }

    private static Optional<Instant> clock(@Nullable String date) {
        try {
            return Optional.ofNullable(date)
                    .map(text -> ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
