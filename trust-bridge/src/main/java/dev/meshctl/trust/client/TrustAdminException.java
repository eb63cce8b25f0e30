package dev.meshctl.trust.client;

/** A call to the admin API failed; {@link #cause()} is the named cause, the message says why and what next. */
public final class TrustAdminException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String cause;

    TrustAdminException(String cause, String message, Throwable because) {
        super(message, because);
        this.cause = cause;
    }

    /** The trust bridge's named cause, or {@code trust_bridge_unavailable}, or {@code trust_bridge_<status>}. */
    public String cause() {
        return cause;
    }
}
