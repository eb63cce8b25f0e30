package dev.meshctl.cli.install.kubernetes.values;

import dev.meshctl.api.resource.Problem;
import dev.meshctl.cli.install.kubernetes.values.Given.Origin;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with values, up to a bound. */
final class ValueProblems {
    static final int MAX = 20;

    private final List<Problem> found = new ArrayList<>();
    private int count;

    void add(Origin at, String path, String message, String hint) {
        count++;
        if (found.size() < MAX) {
            found.add(new Problem(at.source(), at.line(), at.column(), path, message, hint));
        }
    }

    int count() {
        return count;
    }

    void throwIfAny() throws InvalidValues {
        if (count > found.size()) {
            found.add(new Problem("values", 0, 0, "", "and %d more problems".formatted(count - found.size()), ""));
        }
        if (count > 0) {
            throw new InvalidValues(found);
        }
    }
}
