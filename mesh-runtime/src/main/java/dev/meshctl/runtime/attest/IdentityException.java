package dev.meshctl.runtime.attest;

import org.jspecify.annotations.Nullable;

/** No SVID could be had; {@link #cause()} is the named cause, the message says what, where and what next. */
public class IdentityException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String cause;

    public IdentityException(String cause, String message) {
        super(message);
        this.cause = cause;
    }

    public IdentityException(String cause, String message, @Nullable Throwable because) {
        super(message, because);
        this.cause = cause;
    }

    /** The named cause, as in {@code trust_bridge_unavailable} or {@code token_used}. */
    public String cause() {
        return cause;
    }
}
