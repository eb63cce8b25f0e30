package dev.meshctl.proxy.host;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The one workload of a sidecar: its pod. What services it is of, and where their ports are, the control plane says under
 * the pod's own address; when that changes, connections that are open go on and later ones are for what it is then. A pod
 * of no service is a client, and is called in plain only.
 */
public final class PodWorkload implements AutoCloseable {
    /** For the first word about the pod; until then it is hosted as of no service. */
    private static final Duration FIRST_WORD = Duration.ofSeconds(3);
    private static final Duration KEEPER_END = Duration.ofSeconds(2);
    private static final System.Logger LOG = System.getLogger(PodWorkload.class.getName());

    private final WorkloadHost host;
    private final String id;
    private final SpiffeId identity;
    private final InetAddress address;
    private final Counters counters;
    private final Backoff backoff;
    private final Semaphore changes = new Semaphore(0);
    private final Thread keeper;
    // Of the keeper alone.
    private @Nullable Workload current;
    private List<Addressed.Behind> served = List.of();
    private volatile @Nullable Addressed told;
    private volatile String problem = "the pod is not hosted yet";

    private PodWorkload(WorkloadHost host, String id, SpiffeId identity, InetAddress address, Counters counters,
            RandomGenerator random) {
        this.host = host;
        this.id = id;
        this.identity = identity;
        this.address = address;
        this.counters = counters;
        this.backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5), random);
        this.keeper = Thread.ofVirtual().name("pod-workload").unstarted(this::keep);
    }

    /** @param id of the pod */
    public static PodWorkload start(WorkloadHost host, String id, SpiffeId identity, InetAddress address, Counters counters,
            RandomGenerator random) {
        PodWorkload pod = new PodWorkload(host, id, identity, address, counters, random);
        pod.keeper.start();
        return pod;
    }

    /** Takes the newest word about the pod's address. Does not block. */
    public void told(Addressed what) {
        told = what;
        changes.release();
    }

    /** Why the pod is not hosted; empty if it is. */
    public Optional<String> problem() {
        return problem.isEmpty() ? Optional.empty() : Optional.of(problem);
    }

    private void keep() {
        try {
            if (!changes.tryAcquire(FIRST_WORD.toMillis(), TimeUnit.MILLISECONDS)) {
                counters.increment("pod_service_unknown");
            }
            while (!Thread.currentThread().isInterrupted()) {
                if (isAsTold()) {
                    problem = "";
                    backoff.reset();
                    changes.acquire();
                    changes.drainPermits();
                } else {
                    Thread.sleep(backoff.next());
                }
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isAsTold() throws InterruptedException {
        try {
            return follow();
        } catch (RuntimeException e) {
            // It would be what it is now for good, whatever its services become.
            counters.increment("pod_not_followed");
            LOG.log(Level.ERROR, "the pod cannot be hosted as what it is now; trying again", e);
            return false;
        }
    }

    /** Hosts the pod as what it is said to be; false if it is not hosted. */
    private boolean follow() throws InterruptedException {
        Workload hosted = current;
        if (hosted == null || !isHosted(hosted)) {
            hosted = hostAnew();
            current = hosted;
            served = List.of();
        }
        List<Addressed.Behind> wanted = services();
        if (hosted != null && !wanted.equals(served)) {
            host.serve(hosted, wanted);
            counters.increment("pod_services_changed");
            served = wanted;
        }
        return hosted != null;
    }

    /** A service selects pods of its own namespace only. */
    private List<Addressed.Behind> services() {
        return told instanceof Addressed.AtWorkload at
                ? at.services().stream().filter(one -> one.service().namespace().equals(identity.namespace())).toList()
                : List.of();
    }

    private boolean isHosted(Workload workload) {
        return host.find(id).filter(workload::equals).isPresent();
    }

    private @Nullable Workload hostAnew() {
        try {
            return host.open(spec(), Optional::empty, Optional.empty(), lost -> {
                problem = lost.reason();
                changes.release();
            });
        } catch (HostRefused e) {
            problem = e.reason();
            counters.increment("pod_not_hosted_" + e.cause());
            LOG.log(Level.WARNING, "the pod is not hosted: {0}; trying again", e.reason());
            return null;
        }
    }

    private WorkloadSpec spec() {
        return new WorkloadSpec(
                id, Optional.empty(), identity.namespace(), "", identity, List.of(), Map.of(), address, List.of());
    }

    /**
     * Ends the pod's hosting: for the delay it serves on, unless the application has ended; then what is open may finish
     * within the bound.
     *
     * @return connections that were cut at the bound
     */
    public int drain(Duration delay, Duration bound) throws InterruptedException {
        problem = "the pod is ending";
        keeper.interrupt();
        keeper.join(KEEPER_END);
        Optional<Workload> hosted = host.find(id);
        return hosted.isEmpty() ? 0 : host.end(hosted.get(), delay, bound);
    }

    @Override
    public void close() {
        keeper.interrupt();
    }
}
