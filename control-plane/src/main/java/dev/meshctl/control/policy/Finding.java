package dev.meshctl.control.policy;

import dev.meshctl.api.resource.ResourceKey;

/**
 * Something that a check has to say about a resource that is valid by itself but not, or not quite, in its
 * surroundings.
 *
 * @param path of the field, as in {@code spec.rules[0].backendRefs[1].name}
 * @param message what was expected, what was found and the next step
 */
public record Finding(Severity severity, ResourceKey resource, String path, String message) {

    public enum Severity {
        /** The resource is refused. */
        ERROR,
        /** The resource is accepted, and the user is told. */
        WARNING
    }

    static Finding error(ResourceKey resource, String path, String message) {
        return new Finding(Severity.ERROR, resource, path, message);
    }

    static Finding warning(ResourceKey resource, String path, String message) {
        return new Finding(Severity.WARNING, resource, path, message);
    }

    public boolean isError() {
        return severity == Severity.ERROR;
    }

    /** One line: {@code HTTPRoute shop/payments: spec.rules[0]…: …}. */
    @Override
    public String toString() {
        return resource + ": " + (path.isEmpty() ? "" : path + ": ") + message;
    }
}
