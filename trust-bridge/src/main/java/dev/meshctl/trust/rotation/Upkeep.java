package dev.meshctl.trust.rotation;

import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What has to happen by itself, again and again: renewals, rotations, forgetting. A step looks at the clock itself,
 * since the clock may be moved. One that fails is counted under its cause and does not keep the others from their
 * turn.
 */
public final class Upkeep implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Upkeep.class.getName());
    private static final Duration LAST_STEP = Duration.ofSeconds(5);

    /** One step; what it returns says whether it did something. */
    @FunctionalInterface
    public interface Work {
        boolean run() throws IOException, GeneralSecurityException;
    }

    /** A step, and what its failures are counted under. */
    public record Step(String cause, Work work) {}

    /** Steps that are taken one after the other, then again after the pause. */
    public record Rounds(String name, Duration pause, List<Step> steps) {}

    private final Rounds rounds;
    private final Counters counters;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    public Upkeep(Rounds rounds, Counters counters) {
        this.rounds = rounds;
        this.counters = counters;
        this.thread = Thread.ofVirtual().name(rounds.name()).unstarted(this::run);
    }

    /** Goes on until closed. */
    public Upkeep start() {
        thread.start();
        return this;
    }

    private void run() {
        try {
            do {
                for (Step step : rounds.steps()) {
                    if (closed.getCount() > 0) {
                        attempt(step);
                    }
                }
            } while (!closed.await(rounds.pause().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void attempt(Step step) {
        try {
            step.work().run();
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            counters.increment(step.cause());
            // Once in each round would bury all else.
            if (Long.bitCount(counters.count(step.cause())) == 1) {
                LOG.log(Level.ERROR, step.cause() + " (" + counters.count(step.cause()) + " times)", e);
            }
        }
    }

    /** Ends it. A step that is under way is waited for, 5 s at most: afterwards nothing is written any more. */
    @Override
    public void close() throws InterruptedException {
        closed.countDown();
        if (!thread.join(LAST_STEP)) {
            LOG.log(Level.WARNING, "a step of the upkeep did not end within {0} s", LAST_STEP.toSeconds());
        }
    }
}
