package dev.meshctl.proxy.flow;

import java.util.List;

/**
 * What a workload is called as: one scope for each service that it is of, at least one. They are replaced as a whole; a
 * connection keeps those that it began with.
 */
public final class Scopes {
    private volatile List<WorkloadScope> all;

    public Scopes(WorkloadScope only) {
        all = List.of(only);
    }

    /** What the workload is known as when it calls. */
    public WorkloadScope first() {
        return all.getFirst();
    }

    /** All, the first one first. */
    public List<WorkloadScope> all() {
        return all;
    }

    /** @throws IllegalArgumentException if there is none */
    public void replace(List<WorkloadScope> next) {
        if (next.isEmpty()) {
            throw new IllegalArgumentException("a workload has at least one scope");
        }
        all = List.copyOf(next);
    }
}
