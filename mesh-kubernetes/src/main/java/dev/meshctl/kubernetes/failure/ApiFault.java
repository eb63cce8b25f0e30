package dev.meshctl.kubernetes.failure;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Locale;

/** Why an API server did not do what it was asked, told by its status code. */
public enum ApiFault {
    /** No answer: not there, too slow, or something between gave up. */
    UNREACHABLE(true, "the API server does not answer"),
    /** Its credentials are not accepted (401). */
    UNAUTHORIZED(true, "the API server does not accept these credentials"),
    /** RBAC or an admission rule says no (403). */
    FORBIDDEN(false, "not permitted"),
    /** No such object, or no such kind (404). */
    NOT_FOUND(false, "it does not exist"),
    /** It exists already, or was changed meanwhile (409). */
    CONFLICT(true, "it was changed by somebody else meanwhile"),
    /** The request breaks a rule of the API (400, 405, 413, 415, 422). */
    REFUSED(false, "the API server refuses the request"),
    /** Too many requests (429). */
    THROTTLED(true, "the API server is asked too often"),
    /** The API server failed (5xx). */
    FAILED(true, "the API server failed");

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
            case 404, 410 -> NOT_FOUND;
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
