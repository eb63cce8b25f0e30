package dev.meshctl.proxy.redirect;

/** The redirect could not be set, removed or verified. The message says why, and what to do. */
public final class RedirectException extends Exception {
    private static final long serialVersionUID = 1L;

    RedirectException(String message) {
        super(message);
    }

    RedirectException(String message, Throwable cause) {
        super(message, cause);
    }
}
