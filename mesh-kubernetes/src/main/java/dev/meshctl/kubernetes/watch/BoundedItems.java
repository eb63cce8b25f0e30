package dev.meshctl.kubernetes.watch;

import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What an informer keeps, up to a bound: an object beyond it is not known, and counted as {@code watch_over_limit} each
 * time that it is told of. It becomes known when others have gone and it is told of again.
 */
public class BoundedItems<T extends HasMetadata> extends BasicItemStore<T> {
    private static final System.Logger LOG = System.getLogger(BoundedItems.class.getName());

    private final String kind;
    private final int limit;
    private final Counters counters;
    private final AtomicBoolean told = new AtomicBoolean();

    /**
     * @param kind as the API server names it
     * @param limit how many objects are kept at most
     */
    public BoundedItems(String kind, int limit, Counters counters) {
        super(Cache::metaNamespaceKeyFunc);
        this.kind = kind;
        this.limit = limit;
        this.counters = counters;
    }

    @Override
    public @Nullable T put(String key, T item) {
        if (size() >= limit && get(key) == null) {
            counters.increment("watch_over_limit");
            if (!told.getAndSet(true)) {
                LOG.log(System.Logger.Level.ERROR, "there are more than {0} {1}; {2} and what comes after it is not known to the"
                        + " mesh", limit, kind, key);
            }
            return null;
        }
        return super.put(key, item);
    }
}
