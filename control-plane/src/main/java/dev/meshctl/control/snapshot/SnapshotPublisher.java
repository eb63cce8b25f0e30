package dev.meshctl.control.snapshot;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.runtime.daemon.Counters;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Rebuilds the snapshot after changes, one rebuild at a time, and hands it on. Changes that come close
 * together share one rebuild.
 */
public final class SnapshotPublisher implements AutoCloseable {
    /** How long a change waits for others: far less than a person or a health check would notice. */
    public static final Duration DEBOUNCE = Duration.ofMillis(20);

    /** How long it takes until a rebuild that failed is tried again. */
    private static final Duration AGAIN = Duration.ofSeconds(1);

    private static final System.Logger LOG = System.getLogger(SnapshotPublisher.class.getName());

    private final Duration debounce;
    private final Counters counters;
    private final List<Consumer<Snapshot.Update>> listeners = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("snapshot").daemon().factory());
    private final Set<ServiceName> touched = new HashSet<>();
    private boolean everything;
    private boolean scheduled;
    private @Nullable SnapshotBuilder builder;

    /** Changes that are told before {@link #start} are part of the first snapshot. */
    public SnapshotPublisher(Duration debounce, Counters counters) {
        this.debounce = debounce;
        this.counters = counters;
    }

    /** Adds who is told of each new snapshot, on the rebuilding thread. */
    public void listen(Consumer<Snapshot.Update> listener) {
        listeners.add(listener);
    }

    /** Builds the first snapshot and hands it on, on the calling thread, before anything is served. */
    public void start(SnapshotBuilder from) {
        tell(from.all());
        synchronized (touched) {
            builder = from;
            schedule(debounce); // for what has changed meanwhile
        }
    }

    /** Some services have changed. */
    public void touch(Set<ServiceName> services) {
        synchronized (touched) {
            touched.addAll(services);
            schedule(debounce);
        }
    }

    /** What concerns the whole mesh has changed: bundles, settings, the own gateway. */
    public void touchMesh() {
        synchronized (touched) {
            schedule(debounce);
        }
    }

    /** Something has changed that may concern every service. */
    public void touchEverything() {
        synchronized (touched) {
            everything = true;
            schedule(debounce);
        }
    }

    /**
     * Returns when what has been told by now is published.
     *
     * @throws TimeoutException if it is not by then; it will be
     */
    public void settle(Duration atMost) throws InterruptedException, TimeoutException {
        try {
            worker.submit(this::rebuild).get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private void schedule(Duration pause) {
        if (builder != null && !scheduled && !worker.isShutdown()) {
            scheduled = true;
            var unused = worker.schedule(this::rebuild, pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void rebuild() {
        Set<ServiceName> names;
        boolean all;
        SnapshotBuilder from;
        synchronized (touched) {
            from = builder;
            names = Set.copyOf(touched);
            all = everything;
            touched.clear();
            everything = false;
            scheduled = false;
        }
        if (from != null) {
            publish(from, all, names);
        }
    }

    private void publish(SnapshotBuilder from, boolean all, Set<ServiceName> names) {
        try {
            Snapshot.Update update = all ? from.all() : from.rebuild(names);
            if (!update.isEmpty()) {
                counters.increment("snapshots_published");
                tell(update);
            }
        } catch (RuntimeException e) {
            counters.increment("snapshot_failed");
            LOG.log(System.Logger.Level.ERROR, "the snapshot could not be rebuilt; the last one stays in use, and it is tried again", e);
            synchronized (touched) {
                touched.addAll(names);
                everything |= all;
                schedule(AGAIN);
            }
        }
    }

    /** One listener that fails must not keep the news from the others. */
    private void tell(Snapshot.Update update) {
        for (Consumer<Snapshot.Update> listener : listeners) {
            try {
                listener.accept(update);
            } catch (RuntimeException e) {
                counters.increment("snapshot_not_told");
                LOG.log(System.Logger.Level.ERROR, "a new snapshot was not taken", e);
            }
        }
    }

    @Override
    public void close() {
        worker.shutdownNow();
    }
}
