package dev.meshctl.kubernetes.lease;

import dev.meshctl.kubernetes.failure.ApiCallFailed;
import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes a Lease when nobody holds it, and renews it until closed. Clocks of replicas are not compared: another's
 * lease is over when this process has seen no change of it for its duration. Every write carries the version that
 * was read, so that of two takers one gets a conflict.
 *
 * <p>Whoever holds a lease may for a moment not be the only one that believes so (its process may have been
 * suspended): what it does must be safe all the same, by the API server's versions.
 */
public final class HeldLease implements AutoCloseable {
    private static final Logger LOG = System.getLogger(HeldLease.class.getName());
    /** How soon listeners hear that it is held no more, also while a call to the API server hangs. */
    private static final Duration LOOK = Duration.ofMillis(250);

    private final KubernetesClient client;
    private final LeaseTerms terms;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Counters counters;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<Consumer<Boolean>> listeners = new CopyOnWriteArrayList<>();
    private final Object telling = new Object();
    private boolean told; // guarded by telling
    private volatile String holder = "";
    private @Nullable String observedVersion;
    private long observedAt;
    /** When the last successful renewal began; meaningful while held. */
    private volatile long renewedAt;
    private volatile boolean held;

    HeldLease(KubernetesClient client, LeaseTerms terms, InstantSource clock, LongSupplier nanoTime, Counters counters) {
        this.client = client;
        this.terms = terms;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.counters = counters;
    }

    /**
     * One that does not try yet.
     *
     * @param counters get {@code lease_taken}, {@code lease_lost}, {@code lease_not_told} and each failure as {@code lease_<fault>}
     */
    public static HeldLease of(KubernetesClient client, LeaseTerms terms, InstantSource clock, Counters counters) {
        return new HeldLease(client, terms, clock, System::nanoTime, counters);
    }

    /** Begins to try; never gives up by itself. */
    public HeldLease start() {
        Thread.ofVirtual().name("lease " + terms.name()).start(() -> every(terms.retry(), this::once));
        // Apart, because an attempt may hang for longer than the lease is good for.
        Thread.ofVirtual().name("lease " + terms.name() + " listeners").start(() -> every(LOOK, this::tell));
        return this;
    }

    /** Adds who is told when this process begins (true) or ceases (false) to hold the lease. Must not block. */
    public void listen(Consumer<Boolean> listener) {
        listeners.add(listener);
    }

    /** Who held the lease when this process last looked; empty if nobody is known. */
    public Optional<String> holder() {
        return Optional.of(holder).filter(name -> !name.isEmpty());
    }

    /** True while this process holds the lease, and has renewed it recently enough that nobody else does. */
    public boolean isHeld() {
        return held && nanoTime.getAsLong() - renewedAt < terms.confidence().toNanos();
    }

    private void every(Duration pause, Runnable action) {
        try {
            do {
                action.run();
            } while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One attempt to take or renew. */
    synchronized void once() {
        if (closed.getCount() == 0) {
            return;
        }
        long began = nanoTime.getAsLong();
        try {
            held = takeOrRenew();
            if (held) {
                renewedAt = began;
            }
        } catch (ApiCallFailed e) {
            counters.increment("lease_" + e.fault().label());
            LOG.log(Level.WARNING, "{0}", e.getMessage());
            held = held && e.fault() != ApiFault.CONFLICT && isHeld();
        } catch (RuntimeException e) {
            counters.increment("lease_unusable");
            LOG.log(Level.ERROR, terms.object() + " cannot be used", e);
            held = held && isHeld();
        }
        tell();
    }

    /** Tells the listeners if something has changed since they were told last. */
    private void tell() {
        synchronized (telling) {
            boolean now = isHeld();
            if (now != told) {
                told = now;
                counters.increment(now ? "lease_taken" : "lease_lost");
                LOG.log(Level.INFO, "{0} {1} by {2}", terms.object(), now ? "taken" : "lost", terms.holder());
                listeners.forEach(listener -> tell(listener, now));
            }
        }
    }

    /** One that fails must neither keep the news from the others nor end the renewals. */
    private void tell(Consumer<Boolean> listener, boolean now) {
        try {
            listener.accept(now);
        } catch (RuntimeException e) {
            counters.increment("lease_not_told");
            LOG.log(Level.ERROR, "that " + terms.object() + " is " + (now ? "held" : "not held any more") + " was not taken", e);
        }
    }

    private @Nullable Lease read() throws ApiCallFailed {
        Lease lease = ApiCallFailed.call("get " + terms.object(),
                () -> client.leases().inNamespace(terms.namespace()).withName(terms.name()).get());
        holder = Optional.ofNullable(lease).map(Lease::getSpec).map(LeaseSpec::getHolderIdentity).orElse("");
        return lease;
    }

    private boolean takeOrRenew() throws ApiCallFailed {
        Lease lease = read();
        if (lease == null) {
            Lease fresh = new LeaseBuilder()
                    .withNewMetadata().withNamespace(terms.namespace()).withName(terms.name()).endMetadata()
                    .withSpec(mine(null)).build();
            return write("create", () -> client.leases().inNamespace(terms.namespace()).resource(fresh).create());
        }
        if (!isMine(lease) && !isFree(lease)) {
            return false;
        }
        Lease next = new LeaseBuilder(lease).withSpec(mine(lease.getSpec())).build();
        return write("update", () -> client.leases().inNamespace(terms.namespace()).resource(next).update());
    }

    private boolean write(String verb, Supplier<Lease> call) throws ApiCallFailed {
        try {
            ApiCallFailed.call(verb + " " + terms.object(), call);
            holder = terms.holder();
            return true;
        } catch (ApiCallFailed e) {
            if (e.fault() != ApiFault.CONFLICT) {
                throw e;
            }
            counters.increment("lease_conflict");
            // Another was faster, or this very write: its answer was lost, and the client has made it again.
            Lease now = read();
            return now != null && isMine(now);
        }
    }

    private boolean isMine(Lease lease) {
        return lease.getSpec() != null && terms.holder().equals(lease.getSpec().getHolderIdentity());
    }

    private boolean isFree(Lease lease) {
        LeaseSpec spec = lease.getSpec();
        String version = lease.getMetadata().getResourceVersion();
        if (!Objects.equals(version, observedVersion)) {
            observedVersion = version;
            observedAt = nanoTime.getAsLong();
        }
        if (spec == null || spec.getHolderIdentity() == null || spec.getHolderIdentity().isEmpty()) {
            return true;
        }
        long seconds = spec.getLeaseDurationSeconds() == null
                ? terms.duration().toSeconds() : spec.getLeaseDurationSeconds();
        return nanoTime.getAsLong() - observedAt >= TimeUnit.SECONDS.toNanos(seconds);
    }

    private LeaseSpec mine(@Nullable LeaseSpec before) {
        ZonedDateTime now = now();
        boolean renewal = before != null && terms.holder().equals(before.getHolderIdentity());
        ZonedDateTime acquired = before != null && renewal ? before.getAcquireTime() : now;
        int transitions = before == null || before.getLeaseTransitions() == null ? 0 : before.getLeaseTransitions();
        return new LeaseSpecBuilder()
                .withHolderIdentity(terms.holder())
                .withLeaseDurationSeconds((int) terms.duration().toSeconds())
                .withAcquireTime(acquired == null ? now : acquired)
                .withRenewTime(now)
                .withLeaseTransitions(renewal || before == null ? transitions : transitions + 1)
                .build();
    }

    /** MicroTime has no more than six digits. */
    private ZonedDateTime now() {
        Instant instant = clock.instant();
        return ZonedDateTime.ofInstant(instant.truncatedTo(ChronoUnit.MICROS), ZoneOffset.UTC);
    }

    /** Ends, and gives the lease back, so that another replica need not wait for its end. */
    @Override
    public void close() {
        closed.countDown();
        release();
        tell();
    }

    private synchronized void release() {
        if (!held) {
            return;
        }
        held = false;
        try {
            Lease lease = ApiCallFailed.call("get " + terms.object(),
                    () -> client.leases().inNamespace(terms.namespace()).withName(terms.name()).get());
            if (lease != null && isMine(lease)) {
                Lease free = new LeaseBuilder(lease)
                        .editSpec().withHolderIdentity(null).withLeaseDurationSeconds(1).endSpec().build();
                ApiCallFailed.call("update " + terms.object(),
                        () -> client.leases().inNamespace(terms.namespace()).resource(free).update());
            }
        } catch (ApiCallFailed e) {
            counters.increment("lease_not_released");
            LOG.log(Level.INFO, "{0}; others take it in {1} s", e.getMessage(), terms.duration().toSeconds());
        }
    }
}
