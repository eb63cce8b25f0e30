package dev.meshctl.proxy.host;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.proxy.config.MeshConfig;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.Scopes;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.runtime.net.HostPort;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One hosted workload: its scope, its listeners, and how its application does. */
public final class Workload {
    /** A listener for one upstream. */
    public record UpstreamAddress(String host, int port, InetSocketAddress address) {}

    record OpenUpstream(WorkloadSpec.UpstreamSpec spec, Listener listener) {}

    // Callers hear of the drain through the control plane; until then new connections still come.
    private static final int MAX_FORMER_SERVICES = 16;
    private static final Duration LAME_DUCK = Duration.ofMillis(500);
    private static final System.Logger LOG = System.getLogger(Workload.class.getName());

    private final WorkloadSpec spec;
    private final boolean probe;
    private final Scopes scopes;
    private final WorkloadScope asOpened;
    // Guarded by this. Kept open for connections that are still of a service that the workload is behind no more.
    private final Map<ServiceName, MeshConfig.AccessHandle> policies = new LinkedHashMap<>();
    private final Identities.Lease identity;
    private final Listener outbound;
    private final @Nullable Listener inbound;
    private final List<OpenUpstream> upstreams;
    private final AppReadiness readiness;
    private final Instant started;
    private final Deque<Runnable> undo;
    private final AtomicBoolean closed = new AtomicBoolean();

    Workload(
            WorkloadSpec spec,
            boolean probe,
            Scopes scopes,
            Identities.Lease identity,
            Listener outbound,
            @Nullable Listener inbound,
            List<OpenUpstream> upstreams,
            AppReadiness readiness,
            Instant started,
            Deque<Runnable> undo) {
        this.undo = undo;
        this.spec = spec;
        this.probe = probe;
        this.scopes = scopes;
        this.asOpened = scopes.first();
        this.identity = identity;
        this.outbound = outbound;
        this.inbound = inbound;
        this.upstreams = List.copyOf(upstreams);
        this.readiness = readiness;
        this.started = started;
    }

    public String id() {
        return spec.id();
    }

    public WorkloadScope scope() {
        return scopes.first();
    }

    /** One for each service that it is of; the first is {@link #scope()}. */
    public List<WorkloadScope> scopes() {
        return scopes.all();
    }

    /**
     * Follows the policies of services that it is to be of.
     *
     * @return those that were not followed before
     */
    synchronized List<MeshConfig.AccessHandle> follow(
            List<Addressed.Behind> services, Function<ServiceName, MeshConfig.AccessHandle> subscribe) {
        List<MeshConfig.AccessHandle> fresh = new ArrayList<>();
        for (Addressed.Behind service : services) {
            if (!policies.containsKey(service.service())) {
                MeshConfig.AccessHandle handle = subscribe.apply(service.service());
                policies.put(service.service(), handle);
                fresh.add(handle);
            }
        }
        return fresh;
    }

    /**
     * Is of these services from now on, whose policies are followed: connections that are open go on as what they are.
     *
     * @param services none: it is a client, as it was opened
     */
    synchronized void serve(List<Addressed.Behind> services) {
        List<WorkloadScope> next = new ArrayList<>();
        Set<Integer> appPorts = new TreeSet<>();
        for (Addressed.Behind service : services) {
            MeshConfig.AccessHandle followed = Objects.requireNonNull(policies.get(service.service()));
            service.ports().values().forEach(port -> appPorts.add(port.appPort()));
            next.add(asOpened.as(service.service(), service.version(), followed,
                    new Application.Process(spec.appAddress(), service.ports())));
        }
        scopes.replace(next.isEmpty() ? List.of(asOpened) : next);
        readiness.watch(appPorts);
        forgetOldest(next);
    }

    private void forgetOldest(List<WorkloadScope> next) {
        Set<ServiceName> inUse = next.stream().map(WorkloadScope::service).collect(Collectors.toSet());
        List<ServiceName> old = policies.keySet().stream().filter(name -> !inUse.contains(name)).toList();
        old.stream().limit(Math.max(0, old.size() - MAX_FORMER_SERVICES)).forEach(name -> {
            MeshConfig.AccessHandle followed = policies.remove(name);
            if (followed != null) {
                followed.close();
            }
        });
    }

    public boolean isProbe() {
        return probe;
    }

    public InetSocketAddress outboundAddress() {
        return outbound.address();
    }

    /** Empty for a client only. */
    public Optional<InetSocketAddress> inboundAddress() {
        return Optional.ofNullable(inbound).map(Listener::address);
    }

    public List<UpstreamAddress> upstreams() {
        return upstreams.stream()
                .map(up -> new UpstreamAddress(up.spec().asNamed(), up.spec().port(), up.listener().address()))
                .toList();
    }

    /** When the SVID in use ends. */
    public Instant svidNotAfter() {
        return identity.current().notAfter();
    }

    public boolean isReady() {
        return readiness.isReady();
    }

    /** True if anybody may call it through the mesh. */
    boolean isCalled() {
        return scopes.all().stream().anyMatch(scope ->
                scope.application() instanceof Application.Process process && !process.ports().isEmpty());
    }

    public boolean isDraining() {
        return asOpened.draining().get();
    }

    /** What the side that runs the application says of it. */
    public void told(boolean ready) {
        readiness.told(ready);
    }

    WorkloadSpec spec() {
        return spec;
    }

    /** As reported to the control plane. */
    public HostedWorkload toProto() {
        HostedWorkload.Builder wire = HostedWorkload.newBuilder()
                .setId(spec.id())
                .setNamespace(spec.namespace())
                .setVersion(spec.version())
                .setServiceAccount(spec.identity().serviceAccount())
                .setSpiffeId(spec.identity().toString())
                .addAllPorts(spec.ports())
                .setReady(isReady())
                .setDraining(isDraining())
                .setStartedEpochMs(started.toEpochMilli())
                .setSvidNotAfterEpochSeconds(svidNotAfter().getEpochSecond())
                .setProbe(probe);
        spec.service().ifPresent(service -> wire.setService(service.name()));
        inboundAddress().map(HostPort::of).ifPresent(
                address -> wire.setInboundAddress(address.host()).setInboundPort(address.port()));
        return wire.build();
    }

    /**
     * Lets requests in flight finish; blocks until all connections are closed, at most for the deadline.
     * To be called after the workload was marked and reported as draining.
     *
     * @return connections that were cut at the deadline
     */
    int drain(Duration deadline) throws InterruptedException {
        Duration lameDuck = deadline.dividedBy(4).compareTo(LAME_DUCK) < 0 ? deadline.dividedBy(4) : LAME_DUCK;
        if (inbound != null) {
            Thread.sleep(lameDuck);
        }
        Duration rest = deadline.minus(lameDuck);
        List<CompletionStage<Integer>> drains = listeners().stream().map(one -> one.drain(rest)).toList();
        int cut = 0;
        for (CompletionStage<Integer> drain : drains) {
            cut += await(drain, rest.plusSeconds(1));
        }
        return cut;
    }

    /**
     * The same where the application may still call others to answer what is open: what comes in ends first. Blocks at
     * most for the deadline.
     */
    int drainInboundFirst(Duration deadline) throws InterruptedException {
        long end = System.nanoTime() + deadline.toNanos();
        int cut = inbound == null ? 0 : await(inbound.drain(deadline), deadline.plusSeconds(1));
        Duration rest = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
        for (Listener listener : listeners()) {
            if (listener != inbound) {
                cut += await(listener.drain(rest), rest.plusSeconds(1));
            }
        }
        return cut;
    }

    private int await(CompletionStage<Integer> drain, Duration longest) throws InterruptedException {
        try {
            return drain.toCompletableFuture().get(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(Level.WARNING, "drain of a listener of " + spec.id() + " did not end; it is cut", e);
            return 1; // nobody says how many, but not none
        }
    }

    private List<Listener> listeners() {
        List<Listener> all = new ArrayList<>();
        all.add(outbound);
        if (inbound != null) {
            all.add(inbound);
        }
        upstreams.stream()
                .sorted(Comparator.comparing(up -> up.spec().asNamed()))
                .forEach(up -> all.add(up.listener()));
        return all;
    }

    /** Begins the checks of the application. */
    void start() {
        readiness.start(spec.id());
    }

    /** Undoes what opening did, last step first. Doing so twice does nothing. */
    void close() {
        if (closed.compareAndSet(false, true)) {
            undo.forEach(Runnable::run);
            synchronized (this) {
                policies.values().forEach(MeshConfig.AccessHandle::close);
            }
        }
    }
}
