package dev.meshctl.control.federation;

/** A link cannot be made or changed. The message says why and what to do next; it holds no secret. */
public final class LinkException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why, as a counter names it. */
    public enum Cause {
        NOT_A_TOKEN,
        TOKEN_TRUNCATED,
        TOKEN_OF_OTHER_VERSION,
        TOKEN_EXPIRED,
        TOKEN_UNKNOWN,
        TOKEN_USED,
        TOKEN_FOR_OTHER_CLUSTER,
        TOO_MANY_TOKENS,
        OWN_MESH,
        ALREADY_LINKED,
        NOT_LINKED,
        INVALID_REQUEST,
        NO_GATEWAY
    }

    private final Cause why;

    LinkException(Cause why, String message) {
        super(message);
        this.why = why;
    }

    public Cause why() {
        return why;
    }
}
