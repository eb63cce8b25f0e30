package dev.meshctl.kubernetes.failure;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A failed call to an API server in words. The same value serves the command line, which prints it, and
 * daemons, which count {@link #cause()} and log the sentence.
 *
 * @param what what was tried, as "cannot create Deployment mesh-system/control-plane"
 * @param why the reason, one line; what the API server said is cut at {@link Words#MAX_LENGTH} characters
 * @param next what to do about it; a caller that knows a better command says that one instead
 * @param denied for {@link Cause#FORBIDDEN}: the missing right, where the API server names it
 * @param owners for {@link Cause#OWNED_BY_OTHERS}: who owns which fields
 * @param fields for {@link Cause#INVALID}, {@link Cause#IMMUTABLE} and {@link Cause#REFUSED_BY_POLICY}: the fields that are
 *     named, 32 at most
 * @param retryAfter how long the API server asks to wait
 */
public record ApiFailure(
        Cause cause,
        String what,
        String why,
        String next,
        Optional<Denied> denied,
        List<FieldOwner> owners,
        List<FieldProblem> fields,
        Optional<Duration> retryAfter) {
    public ApiFailure {
        owners = List.copyOf(owners);
        fields = List.copyOf(fields);
    }

    /** A failure that has no details of its own. */
    public ApiFailure(Cause cause, String what, String why, String next) {
        this(cause, what, why, next, Optional.empty(), List.of(), List.of(), Optional.empty());
    }

    /**
     * Reads an exception of fabric8, or one that wraps it.
     *
     * @param doing what was tried, to be read after "cannot", as "create Deployment mesh-system/control-plane"
     */
    public static ApiFailure of(Throwable failure, String doing) {
        return FailureReading.of(failure, "cannot " + doing);
    }

    /** The same failure with another next step. */
    public ApiFailure next(String step) {
        return new ApiFailure(cause, what, why, step, denied, owners, fields, retryAfter);
    }

    /** What and why in one line. */
    public String sentence() {
        return what + ": " + why;
    }
}
