package dev.meshctl.trust;

/** A request that the trust bridge does not fulfil: a named cause for counters and callers, and why in words. */
public final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final String cause;

    public Refusal(Kind kind, String cause, String message) {
        super(message);
        this.kind = kind;
        this.cause = cause;
    }

    /** What kind of refusal, which decides the status of the answer. */
    public Kind kind() {
        return kind;
    }

    /** The named cause, as in {@code token_used}. */
    public String cause() {
        return cause;
    }

    /** Whose fault it is. */
    public enum Kind {
        /** The request is malformed; the same one will never work. */
        INVALID,
        /** The caller may not have this. */
        DENIED,
        /** Not in the present state of the trust bridge. */
        NOT_NOW,
        /** A bound has been reached; later it may work. */
        TOO_MANY,
        /** What the trust bridge itself needs does not answer; the same request may work later. */
        AWAY
    }
}
