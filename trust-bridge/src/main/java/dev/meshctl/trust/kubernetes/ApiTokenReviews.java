package dev.meshctl.trust.kubernetes;

import dev.meshctl.kubernetes.failure.ApiCallFailed;
import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.trust.Refusal;
import dev.meshctl.trust.Refusal.Kind;
import dev.meshctl.trust.attest.TokenReviews;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * TokenReviews of an API server. Nothing is remembered: a token may be revoked at any time, and each is asked about
 * once or twice in an hour. At most {@value #CONCURRENT} are asked about at once; who finds no place within
 * {@code patience} is told to come again.
 */
final class ApiTokenReviews implements TokenReviews {
    /** Far below what an API server lets one client have in flight. */
    static final int CONCURRENT = 32;
    /** What a caller, who waits five seconds for all of it, can spend on waiting for its turn. */
    static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final Logger LOG = System.getLogger(ApiTokenReviews.class.getName());
    private static final int MAX_ERROR = 200;

    private final KubernetesClient client;
    private final Duration patience;
    private final Semaphore places;
    /** Failures that somebody has to do something about. */
    private final AtomicLong lasting = new AtomicLong();

    ApiTokenReviews(KubernetesClient client) {
        this(client, CONCURRENT, PATIENCE);
    }

    /** @param client must not try again by itself, and must have a timeout */
    ApiTokenReviews(KubernetesClient client, int concurrent, Duration patience) {
        this.client = client;
        this.patience = patience;
        this.places = new Semaphore(concurrent, true);
    }

    @Override
    public Review review(String token, String audience) throws Refusal {
        takePlace();
        try {
            TokenReview question = new TokenReviewBuilder()
                    .withNewSpec().withToken(token).withAudiences(audience).endSpec().build();
            TokenReview answer = ApiCallFailed.call("create TokenReview",
                    () -> client.authentication().v1().tokenReviews().create(question));
            return review(token, answer == null ? null : answer.getStatus());
        } catch (ApiCallFailed e) {
            throw refusal(e);
        } finally {
            places.release();
        }
    }

    /** How many more could be asked about now. */
    int free() {
        return places.availablePermits();
    }

    private void takePlace() throws Refusal {
        try {
            if (places.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new Refusal(Kind.TOO_MANY, "token_review_busy",
                "too many tokens are being checked; try again in a second");
    }

    private static Review review(String token, @Nullable TokenReviewStatus status) throws Refusal {
        if (status == null) {
            throw away("token_review_unusable", "the API server's answer about the token has no status");
        }
        String user = status.getUser() == null || status.getUser().getUsername() == null
                ? "" : status.getUser().getUsername();
        Map<String, List<String>> extra = status.getUser() == null || status.getUser().getExtra() == null
                ? Map.of() : status.getUser().getExtra();
        List<String> audiences = status.getAudiences() == null ? List.of() : status.getAudiences();
        return new Review(Boolean.TRUE.equals(status.getAuthenticated()), error(token, status.getError()), user,
                Set.copyOf(audiences), extra);
    }

    private static String error(String token, @Nullable String error) {
        if (error == null) {
            return "";
        }
        String without = error.replace(token, "…").replaceAll("\\s+", " ").strip();
        return without.length() > MAX_ERROR ? without.substring(0, MAX_ERROR) + "…" : without;
    }

    // The exception stays here: what a client library puts into it is not known to be free of the token.
    private Refusal refusal(ApiCallFailed e) {
        ApiFault fault = e.fault();
        // Each pod of the cluster may ask, and once for each would bury all else.
        if (!fault.passing() && Long.bitCount(lasting.incrementAndGet()) == 1) {
            LOG.log(Level.ERROR, "tokens cannot be checked ({0} times): {1}", lasting.get(), hint(fault));
        }
        return away("token_review_" + fault.label(), "the token could not be checked: " + hint(fault));
    }

    private static String hint(ApiFault fault) {
        return fault.words() + switch (fault) {
            case FORBIDDEN -> "; the trust bridge lacks the right to create tokenreviews, install the mesh again to give it";
            case UNAUTHORIZED -> "; the trust bridge's own token has ended or its account is gone";
            default -> "";
        };
    }

    private static Refusal away(String cause, String message) {
        return new Refusal(Kind.AWAY, cause, message);
    }
}
