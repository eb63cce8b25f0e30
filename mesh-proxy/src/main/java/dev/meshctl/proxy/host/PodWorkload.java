package dev.meshctl.proxy.host;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.AppPort;
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
 * The one workload of a sidecar: its pod. What service it is of, and where its ports are, the control plane says under the
 * pod's own address; when that changes it is hosted anew, which cuts its connections. A pod of no service is a client, and
 * is called in plain only.
 */
public final class PodWorkload implements AutoCloseable {
    /** For the first word about the pod; until then it is hosted as of no service. */
    private static final Duration FIRST_WORD = Duration.ofSeconds(3);
    private static final System.Logger LOG = System.getLogger(PodWorkload.class.getName());

    private final WorkloadHost host;
    private final String id;
    private final SpiffeId identity;
    private final InetAddress address;
    private final Counters counters;
    private final Backoff backoff;
    private final Semaphore changes = new Semaphore(0);
    private final Thread keeper;
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
            Workload current = null;
            Optional<Addressed.AtWorkload> hosted = Optional.empty();
            while (!Thread.currentThread().isInterrupted()) {
                Optional<Addressed.AtWorkload> wanted = told instanceof Addressed.AtWorkload at
                        ? Optional.of(at) : Optional.empty();
                if (current == null || !isHosted(current) || !wanted.equals(hosted)) {
                    current = hostAnew(current, wanted);
                    hosted = wanted;
                }
                if (current == null) {
                    Thread.sleep(backoff.next());
                } else {
                    backoff.reset();
                    changes.acquire();
                    changes.drainPermits();
                }
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isHosted(Workload workload) {
        return host.find(id).filter(workload::equals).isPresent();
    }

    private @Nullable Workload hostAnew(@Nullable Workload before, Optional<Addressed.AtWorkload> wanted) {
        if (before != null && host.unhost(before, false)) {
            counters.increment("pod_hosted_anew");
        }
        try {
            Workload workload = host.open(spec(wanted), Optional::empty, Optional.empty(), lost -> {
                problem = lost.reason();
                changes.release();
            });
            problem = "";
            return workload;
        } catch (HostRefused e) {
            problem = e.reason();
            counters.increment("pod_not_hosted_" + e.cause());
            LOG.log(Level.WARNING, "the pod is not hosted: {0}; trying again", e.reason());
            return null;
        }
    }

    private WorkloadSpec spec(Optional<Addressed.AtWorkload> at) {
        Map<Integer, AppPort> ports = at.map(Addressed.AtWorkload::ports).orElse(Map.of());
        return new WorkloadSpec(
                id,
                at.map(Addressed.AtWorkload::service).filter(this::isOfOwnNamespace),
                identity.namespace(),
                at.map(Addressed.AtWorkload::version).orElse(""),
                identity,
                ports.values().stream().map(PodWorkload::wire).toList(),
                ports,
                address,
                List.of());
    }

    // A service selects pods of its own namespace only.
    private boolean isOfOwnNamespace(ServiceName service) {
        return service.namespace().equals(identity.namespace());
    }

    private static WorkloadPort wire(AppPort port) {
        return WorkloadPort.newBuilder().setServicePort(port.servicePort()).setAppPort(port.appPort())
                .setProtocol(word(port.protocol())).build();
    }

    private static String word(Protocol protocol) {
        return switch (protocol) {
            case HTTP1 -> "http1";
            case HTTP2 -> "http2";
            case TCP -> "tcp";
            case DETECT, UNRECOGNIZED -> "";
        };
    }

    @Override
    public void close() {
        keeper.interrupt();
    }
}
