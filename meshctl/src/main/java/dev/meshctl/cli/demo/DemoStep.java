package dev.meshctl.cli.demo;

import java.util.List;

/** One stop of the tour. It passes only by what it observes. */
interface DemoStep {
    /** A stable word, for {@code -o json}. */
    String name();

    /** What is shown, in a few words. */
    String title();

    /**
     * Does it.
     *
     * @return what was observed, most telling line first; never empty
     * @throws DemoFailure if something else was observed than what had to be
     */
    List<String> run(DemoWorld world) throws DemoFailure, InterruptedException;
}
