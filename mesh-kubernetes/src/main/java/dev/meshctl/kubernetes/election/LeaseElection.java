package dev.meshctl.kubernetes.election;

import dev.meshctl.kubernetes.client.FailureCause;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One of the replicas that may hold a Lease. Who holds it leads until {@link Timing#renewDeadline} after the last
 * renewal was asked for, by its own clock: a leader that hears nothing of the API server stops before another one may
 * begin. When others may take over is measured from when this replica saw the last renewal, so that clocks need not
 * agree.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/architecture/leases/">Leases</a>
 */
public final class LeaseElection implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(LeaseElection.class.getName());
    private static final Duration LOOK = Duration.ofMillis(250);

    private final KubernetesClient client;
    private final Candidate candidate;
    private final Timing timing;
    private final InstantSource clock;
    private final Counters counters;
    private final List<Consumer<Boolean>> listeners = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(
            2, Thread.ofPlatform().name("lease-", 0).daemon().factory());
    private volatile @Nullable Instant leadsUntil;
    private volatile String holder = "";
    private String seenVersion = "";
    private @Nullable Instant seenAt;
    private boolean told;

    /**
     * Who wants what.
     *
     * @param identity of this replica, as the name of its pod
     */
    public record Candidate(String namespace, String lease, String identity) {}

    /**
     * How long things take.
     *
     * @param lease after which another replica takes over
     * @param renewDeadline after which the holder stops leading by itself; less than {@code lease}
     * @param retry between two attempts; less than {@code renewDeadline}
     */
    public record Timing(Duration lease, Duration renewDeadline, Duration retry) {
        /** 15 s, 10 s and 2 s, as Kubernetes' own controllers. */
        public static final Timing DEFAULT = new Timing(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));

        public Timing {
            if (lease.toSeconds() < 1 || renewDeadline.compareTo(lease) >= 0 || retry.compareTo(renewDeadline) >= 0) {
                throw new IllegalArgumentException("expected retry < renewDeadline < lease, and a lease of 1 s at least");
            }
        }
    }

    /** @param counters {@code lease_taken}, {@code lease_lost}, {@code lease_<cause of a failure>} */
    public LeaseElection(
            KubernetesClient client, Candidate candidate, Timing timing, InstantSource clock, Counters counters) {
        this.client = client;
        this.candidate = candidate;
        this.timing = timing;
        this.clock = clock;
        this.counters = counters;
    }

    /** True while this replica may do what only the leader may. To be asked before each write. */
    public boolean leads() {
        Instant until = leadsUntil;
        return until != null && clock.instant().isBefore(until);
    }

    /** Who held the lease when this replica last looked; empty if nobody is known. */
    public Optional<String> holder() {
        return Optional.of(holder).filter(h -> !h.isEmpty());
    }

    /** Adds who is told when this replica begins (true) or ceases (false) to lead. Must not block. */
    public void listen(Consumer<Boolean> listener) {
        listeners.add(listener);
    }

    /** Begins to take part, until closed. */
    public void start() {
        var unused = threads.scheduleWithFixedDelay(this::attempt, 0, timing.retry().toMillis(), TimeUnit.MILLISECONDS);
        // Apart, because an attempt may hang for longer than the lease is good for.
        unused = threads.scheduleWithFixedDelay(this::tell, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Tries once to take or to renew the lease. */
    void attempt() {
        Instant asked = clock.instant();
        try {
            Lease lease = client.leases().inNamespace(candidate.namespace()).withName(candidate.lease()).get();
            if (lease == null) {
                client.leases().inNamespace(candidate.namespace()).resource(fresh(asked)).create();
                won(asked);
            } else if (mayTake(lease, asked)) {
                client.leases().inNamespace(candidate.namespace()).resource(renewed(lease, asked)).update();
                won(asked);
            } else {
                leadsUntil = null;
            }
        } catch (KubernetesClientException e) {
            failed(e);
        } catch (RuntimeException e) {
            counters.increment("lease_other");
            LOG.log(System.Logger.Level.ERROR, "lease " + candidate.lease() + ": an attempt failed", e);
        }
        tell();
    }

    private void failed(KubernetesClientException e) {
        String cause = FailureCause.of(e);
        counters.increment("lease_" + cause);
        if (cause.equals(FailureCause.CONFLICT)) {
            // Another one was faster; the next look tells who.
            leadsUntil = null;
        } else {
            LOG.log(System.Logger.Level.WARNING, "lease {0}/{1} cannot be renewed ({2}): {3}", candidate.namespace(),
                    candidate.lease(), cause, e.getMessage());
        }
    }

    private void won(Instant asked) {
        holder = candidate.identity();
        leadsUntil = asked.plus(timing.renewDeadline());
    }

    private boolean mayTake(Lease lease, Instant now) {
        LeaseSpec spec = lease.getSpec() == null ? new LeaseSpec() : lease.getSpec();
        holder = spec.getHolderIdentity() == null ? "" : spec.getHolderIdentity();
        String version = String.valueOf(lease.getMetadata().getResourceVersion());
        Instant since = seenAt;
        if (since == null || !version.equals(seenVersion)) {
            seenVersion = version;
            seenAt = now;
            since = now;
        }
        if (holder.isEmpty() || holder.equals(candidate.identity())) {
            return true;
        }
        Integer seconds = spec.getLeaseDurationSeconds();
        Duration lasts = seconds == null ? timing.lease() : Duration.ofSeconds(seconds);
        return !now.isBefore(since.plus(lasts));
    }

    private Lease fresh(Instant now) {
        return new LeaseBuilder()
                .withNewMetadata().withName(candidate.lease()).withNamespace(candidate.namespace()).endMetadata()
                .withSpec(spec(new LeaseSpec(), now))
                .build();
    }

    private Lease renewed(Lease lease, Instant now) {
        return new LeaseBuilder(lease).withSpec(spec(lease.getSpec() == null ? new LeaseSpec() : lease.getSpec(), now)).build();
    }

    private LeaseSpec spec(LeaseSpec before, Instant now) {
        boolean mine = candidate.identity().equals(before.getHolderIdentity());
        int transitions = before.getLeaseTransitions() == null ? 0 : before.getLeaseTransitions();
        LeaseSpecBuilder spec = new LeaseSpecBuilder(before)
                .withHolderIdentity(candidate.identity())
                .withLeaseDurationSeconds((int) timing.lease().toSeconds())
                .withRenewTime(now.truncatedTo(ChronoUnit.MICROS).atZone(ZoneOffset.UTC));
        if (!mine) {
            spec.withAcquireTime(now.truncatedTo(ChronoUnit.MICROS).atZone(ZoneOffset.UTC))
                    .withLeaseTransitions(before.getHolderIdentity() == null ? transitions : transitions + 1);
        }
        return spec.build();
    }

    /** Tells the listeners if something has changed since they were told last. */
    void tell() {
        boolean now;
        synchronized (listeners) {
            now = leads();
            if (now == told) {
                return;
            }
            told = now;
        }
        counters.increment(now ? "lease_taken" : "lease_lost");
        LOG.log(System.Logger.Level.INFO, "{0} {1} lease {2}/{3}", candidate.identity(), now ? "holds" : "no longer holds",
                candidate.namespace(), candidate.lease());
        listeners.forEach(l -> l.accept(now));
    }

    /** Stops taking part, and lets another replica take over at once. */
    @Override
    public void close() {
        threads.shutdownNow();
        boolean led = leads();
        leadsUntil = null;
        tell();
        if (led) {
            release();
        }
    }

    private void release() {
        try {
            Lease lease = client.leases().inNamespace(candidate.namespace()).withName(candidate.lease()).get();
            if (lease != null && lease.getSpec() != null && candidate.identity().equals(lease.getSpec().getHolderIdentity())) {
                client.leases().inNamespace(candidate.namespace()).resource(new LeaseBuilder(lease)
                        .editSpec().withHolderIdentity("").withLeaseDurationSeconds(1).endSpec().build()).update();
            }
        } catch (KubernetesClientException e) {
            counters.increment("lease_not_released");
            LOG.log(System.Logger.Level.INFO, "lease {0} was not released and runs out by itself: {1}", candidate.lease(),
                    e.getMessage());
        }
    }
}
