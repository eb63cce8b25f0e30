package dev.meshctl.api.resource;

import java.util.List;
import java.util.stream.Collectors;

/** A text holds resources that are not valid. The message has one line for each problem. */
public final class InvalidResource extends Exception {
    private final transient List<Problem> problems;

    InvalidResource(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** In the order of the text; never empty, at most {@value ResourceParser#MAX_PROBLEMS}. */
    public List<Problem> problems() {
        return problems;
    }
}
