package dev.meshctl.cli.demo;

import java.time.Duration;
import java.util.Optional;

/** Waits for something to be observed. */
final class Await {
    private static final Duration PAUSE = Duration.ofMillis(40);

    private Await() {}

    /** Looks once. */
    @FunctionalInterface
    interface Look<T> {
        /** What was looked for; empty if it is not there yet. */
        Optional<T> look() throws DemoFailure, InterruptedException;
    }

    /** Looks once. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws DemoFailure, InterruptedException;
    }

    /**
     * Looks again and again until there is something.
     *
     * @param what for the message, as in "payments v2 is visible in west"
     * @throws DemoFailure if it does not come within the limit
     */
    static <T> T until(String what, Duration limit, Look<T> look) throws DemoFailure, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            Optional<T> found = look.look();
            if (found.isPresent()) {
                return found.get();
            }
            if (System.nanoTime() > deadline) {
                throw new DemoFailure("not within " + limit.toSeconds() + " s: " + what);
            }
            Thread.sleep(PAUSE);
        }
    }

    static void that(String what, Duration limit, Condition condition) throws DemoFailure, InterruptedException {
        until(what, limit, () -> condition.holds() ? Optional.of(true) : Optional.empty());
    }
}
