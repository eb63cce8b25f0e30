package dev.meshctl.control.admission.webhook;

import dev.meshctl.runtime.daemon.Counters;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers AdmissionReviews. What cannot be answered as a review gets an HTTP error of one line, which the API server
 * takes as a failure of the webhook, so that its failure policy decides. Has no side effects, so a dry run is
 * answered as any other request, and counted as {@code dry_run} besides.
 */
public abstract sealed class Webhook permits InjectionWebhook, ValidationWebhook {
    private static final Logger LOG = System.getLogger(Webhook.class.getName());

    private final Counters counters;

    /** @param counters where requests are counted by what came of them */
    Webhook(Counters counters) {
        this.counters = counters;
    }

    /**
     * What goes back over HTTP.
     *
     * @param status 200 for every review that could be read, whether or not it allows
     */
    public record Reply(int status, String contentType, byte[] body) {
        private static Reply json(ObjectNode review) {
            return new Reply(200, "application/json", review.toString().getBytes(StandardCharsets.UTF_8));
        }

        private static Reply error(int status, String message) {
            return new Reply(status, "text/plain; charset=utf-8", (message + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Never throws. At most 8 MiB are read. */
    public final Reply answer(byte[] body) {
        try {
            AdmissionRequest request = AdmissionRequest.read(body);
            if (request.dryRun()) {
                count("dry_run");
            }
            return Reply.json(review(request).review(request));
        } catch (MalformedReview e) {
            count(e.causeName());
            return Reply.error(e.httpStatus(), String.valueOf(e.getMessage()));
        } catch (RuntimeException | StackOverflowError e) {
            count("internal_error");
            LOG.log(Level.ERROR, "a review could not be answered", e);
            return Reply.error(500, "the review could not be answered; the log of the control plane says why");
        }
    }

    abstract AdmissionAnswer review(AdmissionRequest request);

    final void count(String cause) {
        counters.increment(cause);
    }
}
