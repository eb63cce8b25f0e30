package dev.meshctl.kubernetes.failure;

/**
 * What an API server, or who it asks, does not take in one field of an object.
 *
 * @param field path in the object, as {@code spec.rules[0].backendRefs[1].weight}; empty for the whole object
 * @param message one line
 */
public record FieldProblem(String field, String message) {
    @Override
    public String toString() {
        return field.isEmpty() ? message : field + ": " + message;
    }
}
