package dev.meshctl.cli.install.kubernetes.precheck;

import java.util.List;

/** One of the {@link Prechecks}. */
interface Precheck {
    /** Its name. */
    String name();

    /**
     * Looks.
     *
     * @throws dev.meshctl.kubernetes.failure.ApiException if it cannot look
     */
    List<Finding> of(Situation situation);
}
