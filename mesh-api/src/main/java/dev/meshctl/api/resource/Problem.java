package dev.meshctl.api.resource;

import java.util.Locale;

/**
 * One thing that is wrong in a text of resources.
 *
 * @param source file name, or what else the text came from
 * @param line from 1; 0 if not known
 * @param column from 1; 0 if not known
 * @param path of the field, as in {@code spec.rules[0].backendRefs[1].weight}; empty for the whole document
 * @param message what was expected and what was found
 * @param hint the next step, as in {@code did you mean "weight"?}; may be empty
 */
public record Problem(String source, int line, int column, String path, String message, String hint) {

    /** One line, as compilers write it: {@code routes.yaml:12:15: spec.rules[0]: expected …, found …}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(source);
        if (line > 0) {
            text.append(String.format(Locale.ROOT, ":%d:%d", line, column));
        }
        text.append(": ");
        if (!path.isEmpty()) {
            text.append(path).append(": ");
        }
        text.append(message);
        if (!hint.isEmpty()) {
            text.append("; ").append(hint);
        }
        return text.toString();
    }
}
