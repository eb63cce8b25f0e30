package dev.meshctl.trust.bundle;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.trust.Refusal;
import dev.meshctl.trust.Refusal.Kind;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The own bundle and, durably, those of linked trust domains; tells subscribers of each change. */
public final class BundleKeeper implements BundleSource {
    private static final Logger LOG = System.getLogger(BundleKeeper.class.getName());

    /** All bundles, and a number that grows with each change while this process lives. */
    public record Version(long number, Bundles bundles) {}

    private final TrustBundle own;
    private final LinkedBundles linked;
    private final InstantSource clock;
    private final Map<TrustDomain, Instant> updated = new ConcurrentHashMap<>();
    private final List<Runnable> subscribers = new CopyOnWriteArrayList<>();
    private volatile Version version;

    public BundleKeeper(TrustBundle own, LinkedBundles linked, InstantSource clock) {
        this.own = own;
        this.linked = linked;
        this.clock = clock;
        linked.current().byTrustDomain().keySet().forEach(known -> updated.put(known, clock.instant()));
        updated.put(own.trustDomain(), clock.instant());
        // Starts from the clock, so that it also grows over a restart.
        this.version = new Version(clock.millis(), all());
    }

    @Override
    public Bundles current() {
        return version.bundles();
    }

    /** The bundles with their number. */
    public Version version() {
        return version;
    }

    /** When the bundle was last put, or this process started. */
    public Instant updated(TrustDomain trustDomain) {
        return updated.getOrDefault(trustDomain, Instant.EPOCH);
    }

    /**
     * Takes a linked mesh's bundle.
     *
     * @return false if exactly this one was here already
     * @throws Refusal {@code own_trust_domain}, {@code bundle_empty} or {@code bundle_sequence_not_grown}
     * @throws IOException if it cannot be stored; nothing has changed then
     */
    public synchronized boolean put(TrustBundle bundle) throws Refusal, IOException {
        if (bundle.trustDomain().equals(own.trustDomain())) {
            throw new Refusal(Kind.DENIED, "own_trust_domain",
                    "the bundle of " + own.trustDomain() + " is this trust bridge's own; only its CA changes it");
        }
        if (bundle.authorities().isEmpty()) {
            throw new Refusal(Kind.INVALID, "bundle_empty",
                    "the bundle of " + bundle.trustDomain() + " has no authorities; remove it instead");
        }
        boolean changed = linked.change(now -> with(now, bundle));
        // Also if it was there already: another replica may have put it, or this one without hearing that it did.
        refresh();
        return changed;
    }

    private static Bundles with(Bundles now, TrustBundle bundle) throws Refusal {
        TrustBundle known = now.byTrustDomain().get(bundle.trustDomain());
        if (known != null && !known.equals(bundle) && bundle.sequence() <= known.sequence()) {
            throw new Refusal(Kind.NOT_NOW, "bundle_sequence_not_grown",
                    "the bundle of %s has sequence %d but %d is here already; remove that first if it is wrong"
                            .formatted(bundle.trustDomain(), bundle.sequence(), known.sequence()));
        }
        Map<TrustDomain, TrustBundle> next = new HashMap<>(now.byTrustDomain());
        next.put(bundle.trustDomain(), bundle);
        return new Bundles(next);
    }

    private static Bundles without(Bundles now, TrustDomain trustDomain) {
        Map<TrustDomain, TrustBundle> next = new HashMap<>(now.byTrustDomain());
        next.remove(trustDomain);
        return new Bundles(next);
    }

    /**
     * Forgets a linked mesh's bundle; false if there was none.
     *
     * @throws Refusal {@code own_trust_domain}
     */
    public synchronized boolean remove(TrustDomain trustDomain) throws Refusal, IOException {
        if (trustDomain.equals(own.trustDomain())) {
            throw new Refusal(Kind.DENIED, "own_trust_domain",
                    "the bundle of " + trustDomain + " is this trust bridge's own and cannot be removed");
        }
        // Nobody puts it right when it is back by a late request, as a link does with one that is missing.
        boolean removed = linked.changeForGood(now -> without(now, trustDomain));
        refresh();
        return removed;
    }

    /** Calls back after each change, on the thread that made it, until the handle is closed. Must not block. */
    public Subscription subscribe(Runnable onChange) {
        Runnable mine = onChange::run;
        subscribers.add(mine);
        return () -> subscribers.remove(mine);
    }

    /** Ends being called back. */
    public interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /** How many are subscribed. */
    public int subscribers() {
        return subscribers.size();
    }

    /**
     * Takes notice of what others have changed where the linked bundles are kept.
     *
     * @return true if something has changed
     */
    public synchronized boolean refresh() {
        Map<TrustDomain, TrustBundle> before = version.bundles().byTrustDomain();
        Bundles now = all();
        if (now.byTrustDomain().equals(before)) {
            return false;
        }
        updated.keySet().retainAll(now.byTrustDomain().keySet());
        now.byTrustDomain().forEach((trustDomain, bundle) -> {
            if (!bundle.equals(before.get(trustDomain))) {
                updated.put(trustDomain, clock.instant());
            }
        });
        changed();
        return true;
    }

    private void changed() {
        version = new Version(version.number() + 1, all());
        for (Runnable subscriber : subscribers) {
            try {
                subscriber.run();
            } catch (RuntimeException e) {
                // One broken subscriber must not keep the news from the others.
                LOG.log(Level.ERROR, "a subscriber of bundles failed", e);
            }
        }
    }

    private Bundles all() {
        Map<TrustDomain, TrustBundle> all = new HashMap<>(linked.current().byTrustDomain());
        all.put(own.trustDomain(), own);
        return new Bundles(all);
    }
}
