package dev.meshctl.runtime.attest;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The identity of one workload through its life: attested with a token, kept on disk, renewed for a new
 * key from half-life on (plus up to a tenth of the life, so that a fleet does not renew at once). A failed
 * renewal is tried again with backoff and counted under its cause; the old SVID stays in use meanwhile. So is one whose
 * SVID is due again when it comes, as by a clock that is far ahead ({@code svid_due_on_arrival}).
 */
public final class WorkloadIdentity implements SvidSource, AutoCloseable {
    private static final Logger LOG = System.getLogger(WorkloadIdentity.class.getName());
    /** How long {@link #start} goes on trying to reach the trust bridge or waits for a token. */
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    /** The clock may be moved, so a long wait looks at it again this often. */
    private static final Duration CLOCK_POLL = Duration.ofSeconds(1);

    /**
     * What is needed to attest.
     *
     * @param joinToken asked whenever a token is needed; gives each token once, or always the one that is good now,
     *     and may have none yet
     */
    public record Attestation(
            SpiffeId id,
            TrustBridgeClient trustBridge,
            SvidKeystore keystore,
            Supplier<Optional<String>> joinToken,
            InstantSource clock) {}

    private final Attestation attestation;
    private final Counters counters = new Counters();
    private final SvidRequests requests;
    private final List<Consumer<Svid>> listeners = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Object keeping = new Object();
    private volatile Svid current;

    private WorkloadIdentity(Attestation attestation) throws IdentityException {
        this.attestation = attestation;
        this.requests = new SvidRequests(attestation, counters);
        Optional<Svid> kept = kept();
        if (kept.isPresent()) {
            this.current = kept.get();
        } else {
            this.current = firstSvid();
            keep(current);
        }
    }

    /**
     * Blocks until there is an SVID: at once when a valid one is on disk, else up to 30 s.
     *
     * @throws IdentityException if the trust bridge refuses, stays away, or no join token comes
     */
    public static WorkloadIdentity start(Attestation attestation) throws IdentityException {
        WorkloadIdentity identity = new WorkloadIdentity(attestation);
        Thread.ofVirtual().name("renew " + attestation.id()).start(identity::renewing);
        return identity;
    }

    @Override
    public Svid current() {
        return current;
    }

    @Override
    public Subscription onChange(Consumer<Svid> listener) {
        Consumer<Svid> own = listener::accept;
        listeners.add(own);
        return () -> listeners.remove(own);
    }

    /** What happened, by cause: {@code attested}, {@code renewed}, and each failure. */
    public Map<String, Long> counters() {
        return counters.snapshot();
    }

    /** Ends the renewal. The keystore is not written any more when this returns. */
    @Override
    public void close() {
        synchronized (keeping) {
            closed.countDown();
        }
    }

    private Optional<Svid> kept() {
        try {
            Optional<Svid> kept = attestation.keystore().load();
            if (kept.isEmpty()) {
                return kept;
            }
            if (!kept.get().id().equals(attestation.id())) {
                counters.increment("keystore_of_other_identity");
                return Optional.empty();
            }
            return kept.filter(svid -> svid.notAfter().isAfter(attestation.clock().instant()));
        } catch (IOException e) {
            counters.increment("keystore_unreadable");
            LOG.log(Level.WARNING, "SVID of {0} is asked for anew: {1}", attestation.id(), e.getMessage());
            return Optional.empty();
        }
    }

    private Svid firstSvid() throws IdentityException {
        long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2), ThreadLocalRandom.current());
        while (true) {
            try {
                return requests.attest();
            } catch (IdentityException e) {
                counters.increment(e.cause());
                Duration wait = backoff.next();
                if (!requests.mayPass(e) || System.nanoTime() + wait.toNanos() > deadline) {
                    throw e;
                }
                pause(wait);
            }
        }
    }

    private void renewing() {
        Svid svid = current;
        Instant due = dueOf(svid);
        Backoff backoff = backoffFor(svid);
        while (!awaitClock(due)) {
            try {
                Svid next = requests.next(svid);
                adopt(next);
                svid = next;
                due = dueOf(next);
                if (attestation.clock().instant().isBefore(due)) {
                    backoff = backoffFor(next);
                } else {
                    // The clock here is so far ahead of the trust bridge's that the next one will be no better.
                    counters.increment("svid_due_on_arrival");
                    LOG.log(Level.WARNING, "new SVID of {0} is past its half-life already (until {1}); check the clock of this machine",
                            attestation.id(), svid.notAfter());
                    pause(backoff.next());
                }
            } catch (IdentityException e) {
                counters.increment(e.cause());
                LOG.log(Level.WARNING, "SVID of {0} (until {1}) not renewed: {2}",
                        attestation.id(), svid.notAfter(), e.getMessage());
                pause(backoff.next());
            } catch (RuntimeException | Error e) {
                // Without renewal the SVID would end, and the workload with it, an hour later and far from the cause.
                counters.increment("renewal_failed");
                LOG.log(Level.ERROR, "SVID of " + attestation.id() + " not renewed; it is tried again", e);
                pause(backoff.next());
            }
        }
    }

    private void adopt(Svid next) {
        keep(next);
        current = next;
        for (Consumer<Svid> listener : listeners) {
            try {
                listener.accept(next);
            } catch (RuntimeException | Error e) {
                counters.increment("listener_failed");
                LOG.log(Level.ERROR, "a listener failed on the new SVID of " + attestation.id(), e);
            }
        }
    }

    private void keep(Svid svid) {
        synchronized (keeping) {
            if (closed.getCount() > 0) {
                store(svid);
            }
        }
    }

    private void store(Svid svid) {
        try {
            attestation.keystore().store(svid);
        } catch (IOException e) {
            // The SVID is good for as long as this process lives; only a restart will need a token.
            counters.increment("keystore_write_failed");
            LOG.log(Level.WARNING, "SVID of {0} is not kept: {1}", attestation.id(), e.getMessage());
        }
    }

    private static Instant dueOf(Svid svid) {
        long life = Duration.between(svid.notBefore(), svid.notAfter()).toMillis();
        return svid.halfLife().plusMillis(ThreadLocalRandom.current().nextLong(1 + life / 10));
    }

    private static Backoff backoffFor(Svid svid) {
        long life = Duration.between(svid.notBefore(), svid.notAfter()).toMillis();
        Duration max = Duration.ofMillis(Math.clamp(life / 20, 1000, 60_000));
        return new Backoff(Duration.ofMillis(500), max, ThreadLocalRandom.current());
    }

    /** True if closed before the time came. */
    private boolean awaitClock(Instant due) {
        while (closed.getCount() > 0) {
            Duration left = Duration.between(attestation.clock().instant(), due);
            if (!left.isPositive()) {
                return false;
            }
            pause(left.compareTo(CLOCK_POLL) < 0 ? left : CLOCK_POLL);
        }
        return true;
    }

    private void pause(Duration wait) {
        try {
            if (closed.await(Math.max(1, wait.toMillis()), TimeUnit.MILLISECONDS)) {
                LOG.log(Level.DEBUG, "renewal of {0} has ended", attestation.id());
            }
        } catch (InterruptedException e) {
            closed.countDown();
            Thread.currentThread().interrupt();
        }
    }
}
