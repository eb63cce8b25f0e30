package dev.meshctl.control.platform;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.control.registry.kubernetes.KubernetesRegistry;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.control.store.kubernetes.KubernetesStore;
import dev.meshctl.kubernetes.election.LeaseElection;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.BindableService;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A cluster with an API server: its objects are the resources and tell of the workloads. All replicas serve what they
 * follow; of those of the promoted revision the one that holds the lease writes.
 */
public final class KubernetesPlatform implements Platform {
    private static final System.Logger LOG = System.getLogger(KubernetesPlatform.class.getName());
    /** For the first lists of a large cluster by a slow API server. */
    private static final Duration FIRST_LISTS = Duration.ofMinutes(2);

    private final TrustDomain own;
    private final Counters counters;
    private final Informers informers;
    private final KubernetesRegistry registry;
    private final KubernetesStore store;
    private final Optional<LeaseElection> election;
    private final Deque<AutoCloseable> closing = new ArrayDeque<>();

    /**
     * Returns when all that there is now is known.
     *
     * @param client closed with the platform
     * @throws IOException if the API server cannot be read; the message says what and why
     */
    public KubernetesPlatform(DaemonConfig config, KubernetesClient client, InstantSource clock,
            Consumer<Set<ServiceName>> onChange, Counters counters) throws IOException {
        this.own = config.trustDomain();
        this.counters = counters;
        closing.push(client);
        informers = new Informers(counters);
        closing.push(informers);
        registry = new KubernetesRegistry(client, informers, own, onChange);
        election = election(config, client, clock, counters);
        store = new KubernetesStore(client, informers, registry, this::leads, counters);
        try {
            informers.start(FIRST_LISTS);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private static Optional<LeaseElection> election(
            DaemonConfig config, KubernetesClient client, InstantSource clock, Counters counters) {
        if (!config.option("promoted", "true").equals("true")) {
            return Optional.empty();
        }
        return Optional.of(new LeaseElection(client,
                new LeaseElection.Candidate(config.option("namespace", "mesh-system"), config.option("lease", "control-plane"),
                        Optional.ofNullable(System.getenv("POD_NAME")).orElseGet(config::node)),
                LeaseElection.Timing.DEFAULT, clock, counters));
    }

    @Override
    public ResourceStore store() {
        return store;
    }

    @Override
    public WorkloadRegistry workloads() {
        return registry;
    }

    @Override
    public BindableService reports() {
        return new PodReports(counters);
    }

    /** A sidecar has the identity of its pod, a node's proxy that of the mesh's proxies. */
    @Override
    public boolean isProxy(SpiffeId peer) {
        return peer.trustDomain().equals(own)
                && (!peer.namespace().equals(SpiffeId.SYSTEM_NAMESPACE) || peer.is(SystemIdentity.PROXY));
    }

    @Override
    public boolean leads() {
        return election.isPresent() && election.get().leads();
    }

    @Override
    public void onLeadership(Consumer<Boolean> listener) {
        election.ifPresent(e -> e.listen(listener));
    }

    @Override
    public Optional<String> notLeading() {
        if (leads()) {
            return Optional.empty();
        }
        if (election.isEmpty()) {
            return Optional.of("this revision of the control plane is not the promoted one, which alone writes");
        }
        return Optional.of("this replica of the control plane does not hold the lease; "
                + election.get().holder().map("pod %s does"::formatted).orElse("nobody does at the moment"));
    }

    @Override
    public void begin(Mesh mesh) throws IOException {
        election.ifPresent(e -> {
            closing.push(e);
            e.start();
        });
    }

    @Override
    public void expire() {}

    @Override
    public Map<String, String> listening() {
        return Map.of();
    }

    @Override
    public void close() {
        while (!closing.isEmpty()) {
            try {
                closing.pop().close();
            } catch (Exception e) {
                LOG.log(System.Logger.Level.WARNING, "a part of the Kubernetes platform did not stop cleanly", e);
            }
        }
    }
}
