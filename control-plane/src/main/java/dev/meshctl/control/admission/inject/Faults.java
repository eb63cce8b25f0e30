package dev.meshctl.control.admission.inject;

import java.util.ArrayList;
import java.util.List;

/** Collects faults of one pod, up to {@value #MAX}; the paths of the pod are put after the path of the pod itself. */
final class Faults {
    static final int MAX = 20;
    private static final int MAX_QUOTED = 80;

    private final String base;
    private final List<Fault> found = new ArrayList<>();

    /** @param base path of the pod template in its object; empty for a pod */
    Faults(String base) {
        this.base = base;
    }

    void add(String path, String message, String hint) {
        if (found.size() < MAX) {
            found.add(new Fault(at(path), message, hint));
        }
    }

    /** The path from the object that was given. */
    String at(String path) {
        return base.isEmpty() ? path : path.isEmpty() ? base : base + "." + path;
    }

    boolean any() {
        return !found.isEmpty();
    }

    List<Fault> list() {
        return List.copyOf(found);
    }

    /** The user's text, bounded, for messages. */
    static String quoted(String text) {
        return "\"" + (text.length() > MAX_QUOTED ? text.substring(0, MAX_QUOTED) + "…" : text) + "\"";
    }
}
