package dev.meshctl.cli.verify;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Something that several checks need and that is asked for once, when the first of them needs it.
 *
 * @param <T> what it is
 */
final class Fact<T> {
    private final String what;
    private final FutureTask<T> task;
    private final AtomicBoolean asked = new AtomicBoolean();

    Fact(String what, Callable<T> question) {
        this.what = what;
        this.task = new FutureTask<>(question);
    }

    /**
     * The answer; waits for it.
     *
     * @throws UnavailableException if it could not be had
     */
    T get() throws UnavailableException, InterruptedException {
        if (asked.compareAndSet(false, true)) {
            Thread.ofVirtual().name("verify-fact").start(task);
        }
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw new UnavailableException(what, e.getCause() == null ? e : e.getCause());
        }
    }
}
