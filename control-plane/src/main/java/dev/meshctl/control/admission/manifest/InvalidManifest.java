package dev.meshctl.control.admission.manifest;

import dev.meshctl.api.resource.Problem;

/** A text is no YAML or JSON that the Kubernetes API could be given. */
public final class InvalidManifest extends Exception {
    private final transient Problem problem;

    InvalidManifest(Problem problem) {
        super(problem.toString());
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }
}
