package dev.meshctl.cli.install.kubernetes.values;

import dev.meshctl.api.resource.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** The values of an installation are wrong. The message has one line for each problem. */
public final class InvalidValues extends Exception {
    private final transient List<Problem> problems;

    InvalidValues(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** Never empty, bounded. */
    public List<Problem> problems() {
        return problems;
    }
}
