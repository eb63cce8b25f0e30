package dev.meshctl.control.federation;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Carries bundles of linked trust domains to the trust bridge, again and again until it has taken them. For
 * each trust domain only the newest wish counts. Wishes are not stored here: links and notes of removed links
 * are, and a restart wishes anew.
 */
public final class TrustSync implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(TrustSync.class.getName());
    private static final Duration FIRST_RETRY = Duration.ofMillis(100);
    private static final Duration LAST_RETRY = Duration.ofSeconds(10);

    private final TrustBundles trustBridge;
    private final Counters counters;
    private final Backoff backoff;
    private final Map<TrustDomain, Wish> wishes = new LinkedHashMap<>();
    private final Thread worker;
    private volatile @Nullable Consumer<TrustDomain> onRemoved;
    private volatile String lastError = "";
    private boolean closed;

    /** No record: the same one, made again while it is carried out, is another. What was carried out may be lost already. */
    private static final class Wish {
        private final TrustDomain trustDomain;
        private final Optional<TrustBundle> bundle;

        Wish(TrustDomain trustDomain, Optional<TrustBundle> bundle) {
            this.trustDomain = trustDomain;
            this.bundle = bundle;
        }
    }

    public TrustSync(TrustBundles trustBridge, RandomGenerator random, Counters counters) {
        this.trustBridge = trustBridge;
        this.counters = counters;
        this.backoff = new Backoff(FIRST_RETRY, LAST_RETRY, random);
        this.worker = Thread.ofVirtual().name("trust-sync").unstarted(this::run);
    }

    /** Begins to carry out wishes. */
    void start(Consumer<TrustDomain> onRemoved) {
        this.onRemoved = onRemoved;
        worker.start();
    }

    void put(TrustBundle bundle) {
        wish(bundle.trustDomain(), Optional.of(bundle));
    }

    void remove(TrustDomain trustDomain) {
        wish(trustDomain, Optional.empty());
    }

    private synchronized void wish(TrustDomain trustDomain, Optional<TrustBundle> bundle) {
        Wish before = wishes.put(trustDomain, new Wish(trustDomain, bundle));
        if (before == null || !before.bundle.equals(bundle)) {
            notifyAll();
        }
    }

    /** What keeps the trust bridge from taking bundles; empty if nothing does. */
    public String lastError() {
        return lastError;
    }

    private void run() {
        try {
            while (true) {
                Wish wish = next();
                if (wish == null) {
                    return;
                }
                carryOut(wish);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized @Nullable Wish next() throws InterruptedException {
        while (wishes.isEmpty() && !closed) {
            wait();
        }
        return closed ? null : wishes.values().iterator().next();
    }

    private void carryOut(Wish wish) throws InterruptedException {
        try {
            if (wish.bundle.isPresent()) {
                trustBridge.put(wish.bundle.get());
            } else {
                trustBridge.remove(wish.trustDomain);
            }
            done(wish);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            counters.increment("trust_bridge_bundle_retry");
            lastError = "the bundle of " + wish.trustDomain + " could not be "
                    + (wish.bundle.isPresent() ? "stored in" : "removed from") + " the trust bridge: " + e.getMessage();
            LOG.log(System.Logger.Level.WARNING, "{0}; it is tried again", lastError);
            putOff(wish);
            pause(backoff.next());
        }
    }

    private void done(Wish wish) {
        backoff.reset();
        lastError = "";
        synchronized (this) {
            wishes.remove(wish.trustDomain, wish);
        }
        Consumer<TrustDomain> listener = onRemoved;
        if (wish.bundle.isEmpty() && listener != null) {
            listener.accept(wish.trustDomain);
        }
    }

    /** The others' turn: one bundle that is refused must not keep them waiting. */
    private synchronized void putOff(Wish wish) {
        Wish newest = wishes.remove(wish.trustDomain);
        if (newest != null) {
            wishes.put(wish.trustDomain, newest);
        }
    }

    private synchronized void pause(Duration duration) throws InterruptedException {
        if (!closed) {
            wait(Math.max(1, duration.toMillis()));
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        worker.interrupt();
    }
}
