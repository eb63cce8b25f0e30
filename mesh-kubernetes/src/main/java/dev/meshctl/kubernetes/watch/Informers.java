package dev.meshctl.kubernetes.watch;

import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Informers that never give up. Whatever breaks a list or a watch (a restart of the API server, a resource version
 * that is too old, credentials that have expired) is counted as {@code watch_<cause>} and tried again with growing
 * pauses; what was known before stays in use meanwhile.
 */
public final class Informers implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Informers.class.getName());
    /** Of each kind, unless it says otherwise; far beyond what Kubernetes is made for. */
    private static final int MAX_OBJECTS = 50_000;
    private static final Duration LOOK = Duration.ofMillis(20);

    private final Counters counters;
    private final Map<String, SharedIndexInformer<?>> informers = new ConcurrentHashMap<>();
    private final Set<String> missing = ConcurrentHashMap.newKeySet();
    /** Those of whose first list whoever follows has been told: an informer has it in its store a moment before. */
    private final Set<SharedIndexInformer<?>> told = ConcurrentHashMap.newKeySet();
    private final Map<String, String> failures = new ConcurrentHashMap<>();

    public Informers(Counters counters) {
        this.counters = counters;
    }

    /** Where what happens to them is counted. */
    public Counters counters() {
        return counters;
    }

    /**
     * Takes an informer that does not run yet, and bounds what it keeps.
     *
     * @param kind as the API server names it, as in {@code httproutes}
     */
    public <T extends HasMetadata> SharedIndexInformer<T> add(String kind, SharedIndexInformer<T> informer) {
        informer.itemStore(new BoundedItems<>(kind, MAX_OBJECTS, counters));
        informer.addEventHandler(new EndOfList<>(informer));
        informer.exceptionHandler((started, failure) -> {
            failed(kind, informer, failure);
            return true;
        });
        informers.put(kind, informer);
        return informer;
    }

    /** Follows a kind by another informer, which is started; what the one before it has told is for the caller to keep. */
    public <T extends HasMetadata> SharedIndexInformer<T> replace(String kind, SharedIndexInformer<T> informer) {
        SharedIndexInformer<?> before = informers.get(kind);
        missing.remove(kind);
        add(kind, informer);
        if (before != null) {
            before.stop();
            told.remove(before);
        }
        informer.start();
        return informer;
    }

    /** True if the API server does not know the kind, in the version that is followed. */
    public boolean isMissing(String kind) {
        SharedIndexInformer<?> informer = informers.get(kind);
        return missing.contains(kind) && informer != null && !informer.isWatching();
    }

    private void failed(String kind, SharedIndexInformer<?> informer, Throwable failure) {
        if (informers.get(kind) != informer) {
            return; // another one has taken its place
        }
        ApiFault fault = ApiFault.of(failure);
        String cause = fault.label();
        counters.increment("watch_" + cause);
        if (fault == ApiFault.NOT_FOUND) {
            missing.add(kind);
        } else {
            missing.remove(kind);
        }
        String before = failures.put(kind, cause);
        if (!cause.equals(before)) {
            LOG.log(System.Logger.Level.WARNING, "{0} cannot be followed ({1}): {2}; what is known of them stays in use, and it"
                    + " is tried again", kind, cause, failure.getMessage());
        }
    }

    /** Is told of the end of a list after every handler has been told of each of its objects. */
    private final class EndOfList<T extends HasMetadata> implements ResourceEventHandler<T> {
        private final SharedIndexInformer<T> informer;

        EndOfList(SharedIndexInformer<T> informer) {
            this.informer = informer;
        }

        @Override
        public void onList(String resourceVersion, boolean remainedEmpty) {
            told.add(informer);
        }

        @Override
        public void onAdd(T object) {}

        @Override
        public void onUpdate(T before, T after) {}

        @Override
        public void onDelete(T object, boolean finalStateUnknown) {}
    }

    /**
     * Starts all, and returns when each has what there is now and whoever follows it has been told. A kind that the API
     * server does not know counts as empty; it is followed once it is installed.
     *
     * @throws IOException if the API server does not answer in time; the message says why
     */
    public void start(Duration timeout) throws IOException {
        informers.values().forEach(SharedIndexInformer::start);
        await(timeout);
    }

    /**
     * Returns when each has what there is now and whoever follows it has been told, or is of a kind that the API server does
     * not know.
     *
     * @throws IOException if the API server does not answer in time; the message says why
     */
    public void await(Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        for (Map.Entry<String, SharedIndexInformer<?>> informer : informers.entrySet()) {
            while (isExpected(informer.getKey(), informer.getValue())) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException("the API server has not listed %s within %d s (%s)".formatted(informer.getKey(),
                            timeout.toSeconds(), failures.getOrDefault(informer.getKey(), "no answer")));
                }
                LockSupport.parkNanos(LOOK.toNanos());
                if (Thread.interrupted()) {
                    throw new IOException("stopped while waiting for the API server");
                }
            }
            failures.remove(informer.getKey());
        }
    }

    /** True while there is something to come of its first list. The API server may have forgotten the kind since it listed it. */
    private boolean isExpected(String kind, SharedIndexInformer<?> informer) {
        return !told.contains(informer) && (informer.hasSynced() || !missing.contains(kind));
    }

    /** How many of them are not being told of changes now, without those of kinds that are not there; 0 in good times. */
    public long interrupted() {
        return informers.entrySet().stream().filter(i -> !i.getValue().isWatching() && !isMissing(i.getKey())).count();
    }

    @Override
    public void close() {
        informers.values().forEach(SharedIndexInformer::stop);
    }
}
