package dev.meshctl.proxy.config;

import dev.meshctl.runtime.daemon.Counters;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The one thread that owns the state of the configuration. Tasks run in order; a failing task is
 * counted and logged and does not end the loop; tasks given after {@link #close()} are dropped.
 */
final class ConfigLoop implements Executor, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ConfigLoop.class.getName());

    private final ScheduledExecutorService thread;
    private final Counters counters;

    ConfigLoop(Counters counters) {
        this.counters = counters;
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("mesh-config").factory());
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.thread = executor;
    }

    @Override
    public void execute(Runnable task) {
        try {
            thread.execute(() -> run(task));
        } catch (RejectedExecutionException closed) {
            counters.increment("config_task_after_close");
        }
    }

    void after(Duration delay, Runnable task) {
        try {
            var unused = thread.schedule(() -> run(task), delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            counters.increment("config_task_after_close");
        }
    }

    void every(Duration period, Runnable task) {
        var unused = thread.scheduleWithFixedDelay(
                () -> run(task), period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            counters.increment("config_task_failed");
            LOG.log(Level.ERROR, "a configuration task failed; the configuration in use stays", e);
        }
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(2, TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
