package dev.meshctl.proxy.host;

import dev.meshctl.api.proto.proxy.HostWorkload;
import dev.meshctl.proxy.config.MeshConfig;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Hosts workloads, at most {@value #MAX_WORKLOADS}: gives each its identity, address, listeners and policies, and
 * takes them back. Blocking; safe for use by several threads. Refusals are counted as
 * {@code host_refused_<cause>}.
 */
public final class WorkloadHost implements AutoCloseable {
    static final int MAX_WORKLOADS = 1024;

    private static final System.Logger LOG = System.getLogger(WorkloadHost.class.getName());
    private static final Duration POLICIES_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final Duration SWEEP = Duration.ofSeconds(15);

    private final HostSetup setup;
    private final WorkloadFiles files;
    private final WorkloadOpening opening;
    private final Counters counters;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Thread sweeper;
    // Guarded by itself. Empty while a workload is being opened.
    private final Map<String, Optional<Workload>> workloads = new HashMap<>();
    private volatile boolean closing;

    /**
     * @throws IOException if the directory of the keystores cannot be made
     * @throws IllegalArgumentException if the workload range is malformed
     */
    public WorkloadHost(HostSetup setup) throws IOException {
        this.setup = setup;
        this.counters = setup.counters();
        this.files = new WorkloadFiles(setup.svids(), setup.clock(), counters);
        this.opening = new WorkloadOpening(setup, AddressRange.parse(setup.workloadRange()));
        this.sweeper = Thread.ofVirtual().name("svid-sweep").start(this::sweep);
    }

    /** Called after each change of what is hosted, on the thread that made it. Must not block. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /**
     * Hosts a workload for as long as the caller does not {@link #unhost} it.
     *
     * @param onLost called once, on a thread of its own, if the workload must be hosted anew; it is no longer hosted then
     * @throws HostRefused with the cause and the next step; nothing is left behind
     */
    public Workload host(HostWorkload wire, Consumer<HostRefused> onLost) throws HostRefused {
        try {
            WorkloadSpec spec = WorkloadSpec.of(wire, setup.trustDomain());
            if (wire.getJoinToken().isEmpty() && !Files.exists(files.keystore(spec.id()))) {
                throw new HostRefused("no_join_token", "no SVID of " + spec.id()
                        + " is kept here; ask the trust bridge for a join token and host again with it");
            }
            return open(spec, oneToken(wire.getJoinToken()), Optional.empty(), onLost);
        } catch (HostRefused e) {
            counters.increment("host_refused_" + e.cause());
            LOG.log(Level.WARNING, "refused workload {0}: {1}", wire.getId(), e.reason());
            throw e;
        }
    }

    Workload open(
            WorkloadSpec spec,
            Supplier<Optional<String>> token,
            Optional<Application> builtIn,
            Consumer<HostRefused> onLost) throws HostRefused {
        reserve(spec.id());
        Workload workload;
        try {
            workload = opening.open(spec, files, token, builtIn,
                    this::changed, expired -> lose(spec.id(), expired, onLost));
        } catch (HostRefused | RuntimeException e) {
            forget(spec.id());
            files.abandon(spec.id());
            throw e;
        }
        files.hosted(spec.id());
        files.keep(spec.id(), LastAddresses.of(workload));
        register(workload);
        LOG.log(Level.INFO, "hosting {0} as {1}: outbound {2}, inbound {3}", workload.id(),
                workload.scope().identity(), workload.outboundAddress(),
                workload.inboundAddress().map(Object::toString).orElse("none"));
        return workload;
    }

    private void register(Workload workload) throws HostRefused {
        synchronized (workloads) {
            if (!closing) {
                workloads.put(workload.id(), Optional.of(workload));
            }
        }
        if (closing) {
            workload.close();
            forget(workload.id());
            throw new HostRefused("stopping", "the proxy is stopping; host the workload again in a moment");
        }
        workload.start();
        changed();
    }

    private static Supplier<Optional<String>> oneToken(String token) {
        AtomicReference<Optional<String>> once =
                new AtomicReference<>(Optional.of(token).filter(text -> !text.isEmpty()));
        return () -> once.getAndSet(Optional.empty());
    }

    private void reserve(String id) throws HostRefused {
        synchronized (workloads) {
            if (closing) {
                throw new HostRefused("stopping", "the proxy is stopping; host the workload again in a moment");
            }
            if (workloads.containsKey(id)) {
                throw new HostRefused("duplicate_id", "a workload with id \"" + id
                        + "\" is hosted already; end it first, or choose another id");
            }
            if (workloads.size() >= MAX_WORKLOADS) {
                throw new HostRefused("too_many_workloads",
                        "this proxy hosts " + MAX_WORKLOADS + " workloads already, the most it may");
            }
            workloads.put(id, Optional.empty());
        }
    }

    private void forget(String id) {
        synchronized (workloads) {
            workloads.remove(id);
        }
    }

    private void lose(String id, HostRefused why, Consumer<HostRefused> onLost) {
        Optional<Workload> lost = find(id);
        if (lost.isPresent() && unhost(lost.get(), true)) {
            counters.increment("workload_lost_" + why.cause());
            LOG.log(Level.WARNING, "workload {0} is no longer hosted: {1}", id, why.reason());
            onLost.accept(why);
        }
    }

    /**
     * Closes the workload's listeners at once and forgets it. Doing so twice does nothing.
     *
     * @param forGood remove its key now; otherwise it may come back for a minute without a token
     * @return false if it was not hosted
     */
    public boolean unhost(Workload workload, boolean forGood) {
        synchronized (workloads) {
            if (!workloads.remove(workload.id(), Optional.of(workload))) {
                return false;
            }
        }
        workload.close();
        if (forGood) {
            files.remove(workload.id());
        } else {
            files.abandon(workload.id());
        }
        LOG.log(Level.INFO, "no longer hosting {0}", workload.id());
        changed();
        return true;
    }

    /**
     * Marks the workload as draining, tells the control plane, and blocks until its requests have ended.
     *
     * @return connections that were cut at the deadline
     */
    public int drain(Workload workload, Duration deadline) throws InterruptedException {
        workload.scope().draining().set(true);
        changed();
        return workload.drain(deadline);
    }

    /**
     * Lets a workload be of other services than before, without closing anything. Waits a moment for policies that are not
     * known yet; if they do not come, callers are denied until they do.
     */
    void serve(Workload workload, List<Addressed.Behind> services) throws InterruptedException {
        for (MeshConfig.AccessHandle policies : workload.follow(services, setup.access())) {
            if (!policies.awaitKnown(POLICIES_TIMEOUT)) {
                counters.increment("host_without_policies");
                LOG.log(Level.WARNING, "policies for {0} are not known yet; its callers are denied until they are",
                        workload.id());
            }
        }
        workload.serve(services);
        changed();
    }

    /**
     * Ends a workload whose application ends too, or has ended: serves on for the delay, since callers do not know it
     * yet, unless the application is gone or nobody calls it; then lets what is open finish, first what comes in.
     *
     * @return connections that were cut in the end
     */
    int end(Workload workload, Duration delay, Duration bound) throws InterruptedException {
        workload.scope().draining().set(true);
        changed();
        long until = System.nanoTime() + delay.toNanos();
        while (workload.isCalled() && workload.isReady() && System.nanoTime() - until < 0) {
            Thread.sleep(LOOK);
        }
        return workload.drainInboundFirst(bound);
    }

    /** What is hosted, by id. */
    public List<Workload> list() {
        synchronized (workloads) {
            return workloads.values().stream()
                    .flatMap(Optional::stream)
                    .sorted(Comparator.comparing(Workload::id))
                    .toList();
        }
    }

    public Optional<Workload> find(String id) {
        synchronized (workloads) {
            return workloads.getOrDefault(id, Optional.empty());
        }
    }

    private void changed() {
        listeners.forEach(Runnable::run);
    }

    private void sweep() {
        try {
            while (!closing) {
                trySweep();
                Thread.sleep(SWEEP);
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    // Keys that nobody removes would be left for good.
    private void trySweep() {
        try {
            files.sweep(ids());
        } catch (RuntimeException e) {
            counters.increment("svid_sweep_failed");
            LOG.log(Level.ERROR, "left-over keys could not be looked for; trying again", e);
        }
    }

    private Set<String> ids() {
        synchronized (workloads) {
            return new HashSet<>(workloads.keySet());
        }
    }

    /** Closes all listeners. The keys stay, so that the workloads can be hosted again after a restart. */
    @Override
    public void close() {
        closing = true;
        sweeper.interrupt();
        for (Workload workload : list()) {
            forget(workload.id());
            workload.close();
        }
    }
}
