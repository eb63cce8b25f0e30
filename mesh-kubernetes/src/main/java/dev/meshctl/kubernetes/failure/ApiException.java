package dev.meshctl.kubernetes.failure;

import org.jspecify.annotations.Nullable;

/** An {@link ApiFailure} on its way to whoever prints or counts it. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ApiFailure failure;

    public ApiException(ApiFailure failure) {
        this(failure, null);
    }

    public ApiException(ApiFailure failure, @Nullable Throwable cause) {
        super(failure.sentence(), cause);
        this.failure = failure;
    }

    public ApiFailure failure() {
        return failure;
    }
}
