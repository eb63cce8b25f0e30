package dev.meshctl.kubernetes.client;

import dev.meshctl.kubernetes.failure.ApiFault;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Waits for as long as an answer asks for in {@code Retry-After}, before the client, which itself looks at its own pauses
 * alone, tries again. Whoever is asked to wait for longer than a bound is told so at once instead, and decides what to do
 * meanwhile.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#field.retry-after">RFC 9110, 10.2.3</a>
 */
final class RetryAfter implements Interceptor {
    /** An answer asked to wait, and was obeyed. */
    static final String WAITED = "retry_after_waited";
    /** An answer asked to wait for longer than the bound. */
    static final String OVER_LIMIT = "retry_after_over_limit";

    private final Duration longest;
    private final InstantSource clock;
    private final Consumer<String> faults;

    /** @param longest less than one answer may take: the wait counts as part of it */
    RetryAfter(Duration longest, InstantSource clock, Consumer<String> faults) {
        this.longest = longest;
        this.clock = clock;
        this.faults = faults;
    }

    @Override
    public CompletableFuture<Boolean> afterFailure(BasicBuilder request, HttpResponse<?> response, RequestTags tags) {
        String value = response.header("Retry-After");
        Duration asked = value == null ? Duration.ZERO : asked(value);
        if (!asked.isPositive()) {
            return CompletableFuture.completedFuture(false);
        }
        if (asked.compareTo(longest) > 0) {
            faults.accept(OVER_LIMIT);
            return CompletableFuture.failedFuture(new KubernetesClientException(
                    "%s: it asks to try again after %d s, and is not waited for longer than %d s"
                            .formatted(ApiFault.THROTTLED.words(), asked.toSeconds(), longest.toSeconds()),
                    response.code(), null));
        }
        faults.accept(WAITED);
        return CompletableFuture.supplyAsync(
                () -> false, CompletableFuture.delayedExecutor(asked.toMillis(), TimeUnit.MILLISECONDS));
    }

    private Duration asked(String value) {
        try {
            return Duration.ofSeconds(Long.parseLong(value.strip()));
        } catch (NumberFormatException e) {
            return untilDate(value.strip());
        }
    }

    private Duration untilDate(String value) {
        try {
            Instant until = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            return Duration.between(clock.instant(), until);
        } catch (DateTimeParseException e) {
            return Duration.ZERO;
        }
    }
}
