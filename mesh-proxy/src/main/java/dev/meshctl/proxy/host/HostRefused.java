package dev.meshctl.proxy.host;

/** A workload that is not hosted (any more); the cause is for programs, the message for people. */
public final class HostRefused extends Exception {
    private static final long serialVersionUID = 1L;

    private final String cause;

    public HostRefused(String cause, String message) {
        super(message);
        this.cause = cause;
    }

    public HostRefused(String cause, String message, Throwable why) {
        super(message, why);
        this.cause = cause;
    }

    /** As in {@code duplicate_id}, {@code port_in_use}, {@code identity_expired}, {@code token_used}. */
    public String cause() {
        return cause;
    }

    /** What went wrong and the next step. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
