package dev.meshctl.control.platform;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.control.admission.server.Webhooks;
import dev.meshctl.control.federation.LinkRecords;
import dev.meshctl.control.registry.GatewayReach;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.control.registry.kubernetes.KubernetesRegistry;
import dev.meshctl.control.status.StatusWriter;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.control.store.kubernetes.KubernetesStore;
import dev.meshctl.kubernetes.lease.HeldLease;
import dev.meshctl.kubernetes.lease.LeaseTerms;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.net.HostPort;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.BindableService;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * A cluster with an API server: its objects are the resources and tell of the workloads. All replicas serve what they
 * follow; of those of the promoted revision the one that holds the lease writes.
 */
public final class KubernetesPlatform implements Platform {
    private static final System.Logger LOG = System.getLogger(KubernetesPlatform.class.getName());
    /** For the first lists of a large cluster by a slow API server. */
    private static final Duration FIRST_LISTS = Duration.ofMinutes(2);
    private static final Duration UPKEEP = Duration.ofSeconds(1);
    /** How soon routes take effect whose kind is installed after the mesh. */
    private static final Duration LOOK_FOR_KINDS = Duration.ofSeconds(10);

    private final TrustDomain own;
    private final Counters counters;
    private final Informers informers;
    private final KubernetesRegistry registry;
    private final KubernetesStore store;
    private final Optional<HeldLease> election;
    private final DaemonConfig config;
    private final KubernetesClient client;
    private final InstantSource clock;
    private final Counters webhookCounters = new Counters();
    private final SharedImports sharedImports;
    private final Deque<AutoCloseable> closing = new ArrayDeque<>();
    private Map<String, String> listening = Map.of();

    /**
     * Returns when all that there is now is known.
     *
     * @param client closed with the platform
     * @throws IOException if the API server cannot be read; the message says what and why
     */
    public KubernetesPlatform(DaemonConfig config, KubernetesClient client, InstantSource clock,
            Consumer<Set<ServiceName>> onChange, Counters counters) throws IOException {
        this.own = config.trustDomain();
        this.config = config;
        this.client = client;
        this.clock = clock;
        this.counters = counters;
        closing.push(client);
        informers = new Informers(counters);
        closing.push(informers);
        registry = new KubernetesRegistry(client, informers, own, onChange);
        election = election(config, client, clock, counters);
        store = new KubernetesStore(client, informers, registry, this::leads, counters);
        sharedImports = new SharedImports(client, config.option("namespace", "mesh-system"), informers, counters);
        try {
            informers.start(FIRST_LISTS);
            if (store.followServedVersions()) {
                informers.await(FIRST_LISTS);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private static Optional<HeldLease> election(
            DaemonConfig config, KubernetesClient client, InstantSource clock, Counters counters) {
        if (!config.option("promoted", "true").equals("true")) {
            return Optional.empty();
        }
        LeaseTerms terms = LeaseTerms.usual(
                config.option("namespace", "mesh-system"), config.option("lease", "control-plane"), instance(config));
        return Optional.of(HeldLease.of(client, terms, clock, counters));
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
        return election.isPresent() && election.get().isHeld();
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

    private static String instance(DaemonConfig config) {
        return Optional.ofNullable(System.getenv("POD_NAME")).orElseGet(config::node);
    }

    @Override
    public void begin(Mesh mesh) throws IOException {
        sharedImports.adopt(mesh.imports());
        StatusWriter statuses = new StatusWriter(
                client, store, registry, mesh.catalog(), mesh.imports(), instance(config), this::leads, clock, counters);
        store.listen(statuses::told);
        BundleCopies bundles = new BundleCopies(client, config.option("namespace", "mesh-system"), registry::namespacesOfMesh,
                () -> registry.namespaces().keySet(), this::leads, clock, counters);
        LinkStatuses links = new LinkStatuses(store, mesh.links(), counters);
        ScheduledExecutorService upkeep = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("kubernetes-upkeep").daemon().factory());
        closing.push(upkeep::shutdownNow);
        if (config.listen().containsKey("webhooks")) {
            webhooks();
        }
        var unused = upkeep.scheduleWithFixedDelay(() -> {
            if (leads()) {
                attempt("statuses", statuses::look);
                attempt("imports", () -> sharedImports.write(mesh.imports(), registry.namespaces().keySet(), n -> leads()));
                attempt("bundles", bundles::look);
                attempt("links", links::look);
            } else {
                attempt("imports", () -> sharedImports.adopt(mesh.imports()));
            }
        }, UPKEEP.toMillis(), UPKEEP.toMillis(), TimeUnit.MILLISECONDS);
        var unusedToo = upkeep.scheduleWithFixedDelay(() -> attempt("kinds", store::followServedVersions),
                LOOK_FOR_KINDS.toMillis(), LOOK_FOR_KINDS.toMillis(), TimeUnit.MILLISECONDS);
        election.ifPresent(e -> {
            closing.push(e);
            e.start();
        });
    }

    private void webhooks() throws IOException {
        Webhooks webhooks = new Webhooks(config, client, this::labels, this::leads, clock, webhookCounters);
        closing.push(webhooks);
        listening = Map.of("webhooks", HostPort.of(webhooks.address()).toString());
        onLeadership(leads -> webhooks.lookNow());
    }

    /** A pod may be created in a namespace before the watch has told of that. */
    private Map<String, String> labels(String namespace) {
        if (registry.namespaces().containsKey(namespace)) {
            return registry.labels(namespace);
        }
        Namespace fresh = client.namespaces().withName(namespace).get();
        return fresh == null || fresh.getMetadata().getLabels() == null ? Map.of() : fresh.getMetadata().getLabels();
    }

    private void attempt(String what, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            counters.increment("upkeep_failed");
            LOG.log(System.Logger.Level.ERROR, what + " could not be looked through; trying again", e);
        }
    }

    /** Of a revision that is not promoted too: its proxies call imports as well. */
    @Override
    public Optional<GatewayReach> gateway() {
        String service = config.option("gateway-service", "");
        if (service.isEmpty()) {
            return Optional.empty();
        }
        GatewayReach found = registry.gateway(config.option("namespace", "mesh-system"), service);
        List<HostPort> advertised = Arrays.stream(config.option("gateway-advertise", "").split(","))
                .map(String::strip).filter(text -> !text.isEmpty()).map(HostPort::parse).toList();
        return Optional.of(advertised.isEmpty() ? found : new GatewayReach(advertised, found.inside(), ""));
    }

    /** In a Secret if the installation names one. */
    @Override
    public Optional<LinkRecords> linkRecords() {
        String secret = config.option("link-secret", "");
        return secret.isEmpty() ? Optional.empty()
                : Optional.of(new SecretRecords(client, config.option("namespace", "mesh-system"), secret));
    }

    /** Of all revisions: their proxies call the same services. */
    @Override
    public Set<HostPort> replicas() {
        try {
            int port = config.listenAddress("api").getPort();
            return registry.pods(config.option("namespace", "mesh-system"), SystemIdentity.CONTROL_PLANE.serviceAccount(),
                    instance(config)).stream().map(address -> new HostPort(address, port)).collect(Collectors.toSet());
        } catch (ConfigException e) {
            return Set.of(); // it would not serve either
        }
    }

    @Override
    public void expire() {}

    @Override
    public Map<String, String> listening() {
        return listening;
    }

    @Override
    public Map<String, Long> counts() {
        Map<String, Long> all = new TreeMap<>();
        webhookCounters.snapshot().forEach((cause, count) ->
                all.put(cause.startsWith("webhook_") ? cause : "webhook_" + cause, count));
        all.put("watches_interrupted", informers.interrupted());
        return all;
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
