package dev.meshctl.kubernetes.failure;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeoutException;

/**
 * Why an API server did not do what it was asked, as coarse as a daemon needs it: to decide what to do next, and as the
 * label of a counter. What people are told is an {@link ApiFailure}.
 */
public enum ApiFault {
    /** No answer: not there, too slow, or something between gave up. */
    UNREACHABLE(true, "the API server does not answer"),
    /** Its credentials are not accepted (401). */
    UNAUTHORIZED(true, "the API server does not accept these credentials"),
    /** RBAC or an admission rule says no (403). */
    FORBIDDEN(false, "not permitted"),
    /** No such object, or no such kind (404). */
    NOT_FOUND(false, "it does not exist"),
    /** What was asked for is too old to be kept (410). */
    EXPIRED(true, "the version asked for is no longer kept"),
    /** It exists already, or was changed meanwhile (409). */
    CONFLICT(true, "it was changed by somebody else meanwhile"),
    /** The request breaks a rule of the API (400, 405, 413, 415, 422). */
    REFUSED(false, "the API server refuses the request"),
    /** Too many requests (429). */
    THROTTLED(true, "the API server is asked too often"),
    /** The API server failed (5xx). */
    FAILED(true, "the API server failed"),
    /** Not a failure of the API server or of the way to it. */
    OTHER(true, "an unexpected failure");

    private static final int MAX_DEPTH = 8;

    private final boolean passing;
    private final String words;

    ApiFault(boolean passing, String words) {
        this.passing = passing;
        this.words = words;
    }

    /** What the failure of a call was. */
    public static ApiFault of(KubernetesClientException e) {
        int code = e.getCode();
        return switch (code) {
            case 401 -> UNAUTHORIZED;
            case 403 -> FORBIDDEN;
            case 404 -> NOT_FOUND;
            case 410 -> EXPIRED;
            case 409 -> CONFLICT;
            case 429 -> THROTTLED;
            case 502, 503, 504 -> UNREACHABLE;
            default -> {
                if (code >= 500) {
                    yield FAILED;
                }
                // The client says 0, or a negative number, when there was no answer.
                yield code >= 400 ? REFUSED : UNREACHABLE;
            }
        };
    }

    /** What the failure of a call or of a watch was, by the first of its causes that tells. */
    public static ApiFault of(Throwable failure) {
        Throwable at = failure;
        for (int depth = 0; at != null && depth < MAX_DEPTH; depth++, at = at.getCause()) {
            if (at instanceof WatcherException watch && watch.isHttpGone()) {
                return EXPIRED;
            }
            if (at instanceof KubernetesClientException answer && answer.getCode() > 0) {
                return of(answer);
            }
            if (at instanceof IOException || at instanceof TimeoutException) {
                return UNREACHABLE;
            }
        }
        return failure instanceof KubernetesClientException ? UNREACHABLE : OTHER;
    }

    /** Whether the same call may work later without anybody's doing. */
    public boolean passing() {
        return passing;
    }

    /** The lower-case name that counters use. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** In words, without who and what. */
    public String words() {
        return words;
    }
}
