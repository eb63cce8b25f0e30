package dev.meshctl.control.admission.inject;

/**
 * One thing in a pod that makes injection impossible.
 *
 * @param path of the field, from the object that was given, as in {@code spec.template.spec.containers[0].ports}
 * @param message what was expected and what was found
 * @param hint the next step; may be empty
 */
public record Fault(String path, String message, String hint) {
    /** One line: {@code path: message; hint}. */
    @Override
    public String toString() {
        return path + ": " + message + (hint.isEmpty() ? "" : "; " + hint);
    }
}
