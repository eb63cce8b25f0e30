package dev.meshctl.api.resource;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong in one text, up to a bound. */
final class Problems {
    private final String source;
    private final List<Problem> found = new ArrayList<>();
    private int count;

    Problems(String source) {
        this.source = source;
    }

    void add(Node at, String path, String message, String hint) {
        add(at.line(), at.column(), path, message, hint);
    }

    void add(int line, int column, String path, String message, String hint) {
        count++;
        if (found.size() < ResourceParser.MAX_PROBLEMS - 1) {
            found.add(new Problem(source, line, column, path, message, hint));
        }
    }

    int count() {
        return count;
    }

    void throwIfAny() throws InvalidResource {
        if (count == 0) {
            return;
        }
        List<Problem> all = new ArrayList<>(found);
        if (count > found.size()) {
            all.add(new Problem(source, 0, 0, "", "and %d more problems".formatted(count - found.size()), ""));
        }
        throw new InvalidResource(all);
    }
}
