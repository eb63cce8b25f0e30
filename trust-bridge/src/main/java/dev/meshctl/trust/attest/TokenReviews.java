package dev.meshctl.trust.attest;

import dev.meshctl.trust.Refusal;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Asks the cluster whose token this is. */
@FunctionalInterface
public interface TokenReviews {
    /**
     * What the cluster says.
     *
     * @param authenticated false if it does not know the token; then nothing else is said but {@code error}
     * @param error why it does not know it; may be empty
     * @param user as in {@code system:serviceaccount:shop:web}
     * @param audiences those of the audiences that were asked for that the token is for
     * @param extra what else is known of the user, as the name of its pod
     */
    record Review(
            boolean authenticated, String error, String user, Set<String> audiences, Map<String, List<String>> extra) {
        public Review {
            audiences = Set.copyOf(audiences);
            extra = Map.copyOf(extra);
        }
    }

    /**
     * Asks; within a few seconds. The token must be for this audience.
     *
     * @throws Refusal {@code token_review_<fault>} if there is no answer, {@code token_review_busy} if too many ask
     */
    Review review(String token, String audience) throws Refusal;
}
