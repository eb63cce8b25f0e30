package dev.meshctl.proxy.flow;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A deadline that is moved often and reached seldom: moving it is one write, and one task at a time is
 * scheduled. Fires at most one tick late.
 */
public final class LazyTimer {
    private final EventExecutor executor;
    private final long tickNanos;
    private final Runnable expired;
    private volatile long deadline;
    private volatile boolean running;
    private @Nullable Future<?> task;

    /**
     * @param executor where {@code expired} runs; start and cancel are called there too
     * @param tick how late it may fire, and the shortest time that is told apart
     */
    public LazyTimer(EventExecutor executor, Duration tick, Runnable expired) {
        this.executor = executor;
        this.tickNanos = Math.max(TimeUnit.MILLISECONDS.toNanos(1), tick.toNanos());
        this.expired = expired;
    }

    /** Sets the deadline this far from now; starts the timer if need be. */
    public void expireIn(Duration timeout) {
        deadline = System.nanoTime() + timeout.toNanos();
        if (!running) {
            running = true;
            schedule();
        }
    }

    /** Moves the deadline of a running timer, from any thread. */
    public void postpone(Duration timeout) {
        deadline = System.nanoTime() + timeout.toNanos();
    }

    /** Ends the timer; it can be started again. */
    public void cancel() {
        running = false;
        if (task != null) {
            task.cancel(false);
            task = null;
        }
    }

    private void schedule() {
        long left = Math.max(0, deadline - System.nanoTime());
        task = executor.schedule(this::check, Math.min(left + 1, tickNanos), TimeUnit.NANOSECONDS);
    }

    private void check() {
        if (!running) {
            return;
        }
        if (System.nanoTime() - deadline < 0) {
            schedule();
        } else {
            running = false;
            task = null;
            expired.run();
        }
    }
}
