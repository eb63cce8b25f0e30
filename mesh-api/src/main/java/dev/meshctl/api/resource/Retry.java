package dev.meshctl.api.resource;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * When to try a request again.
 *
 * @param attempts beyond the first, 0 to 10
 * @param codes HTTP status codes, 400 to 599; 502, 503 and 504 if empty
 * @param backoff base of the jittered exponential backoff, up to 1 min; 25 ms if empty
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-1731/">GEP-1731</a>
 */
public record Retry(@Default("1") int attempts, List<Integer> codes, Optional<Duration> backoff) {
    public Retry {
        codes = List.copyOf(codes);
        Check.range(attempts, 0, 10, "attempts");
        Check.items(codes, 0, 32, "codes");
        for (int i = 0; i < codes.size(); i++) {
            Check.range(codes.get(i), 400, 599, "codes[" + i + "]");
        }
        backoff.ifPresent(d -> Check.phrase(d.compareTo(Duration.ofMinutes(1)) <= 0, "backoff", "a duration up to 1m",
                Durations.format(d)));
    }
}
