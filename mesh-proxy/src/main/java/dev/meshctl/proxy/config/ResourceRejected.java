package dev.meshctl.proxy.config;

/** A resource that this proxy cannot use. Becomes a NACK; the last good version stays in use. */
final class ResourceRejected extends Exception {
    private static final int MAX_REASON = 512;

    private final String reason;

    ResourceRejected(ResourceType type, String name, String reason) {
        super(type.shortName() + " " + name + ": " + reason);
        String text = type.shortName() + " " + name + ": " + reason;
        this.reason = text.length() > MAX_REASON ? text.substring(0, MAX_REASON) : text;
    }

    /** Type, name and what is wrong; at most 512 characters. */
    String reason() {
        return reason;
    }
}
