package dev.meshctl.proxy.route;

/** A resource that does not compile. The message names the wrong field and says why. */
public final class InvalidConfig extends Exception {
    private static final long serialVersionUID = 1L;

    public InvalidConfig(String message) {
        super(message);
    }

    /** Puts the path of the enclosing field before the message. */
    public InvalidConfig within(String field) {
        return new InvalidConfig(field + ": " + getMessage());
    }
}
