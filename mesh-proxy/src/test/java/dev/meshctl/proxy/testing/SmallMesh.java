package dev.meshctl.proxy.testing;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.HostScope;
import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.name.SniName;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.balance.EndpointSet;
import dev.meshctl.proxy.flow.AppPort;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.BufferMemory;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.Discovery;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.LiveService;
import dev.meshctl.proxy.flow.Scopes;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.inbound.InboundListener;
import dev.meshctl.proxy.outbound.FixedTarget;
import dev.meshctl.proxy.outbound.OutboundListener;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.route.InvalidConfig;
import dev.meshctl.proxy.tls.WorkloadTls;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.testing.HeldPort;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** One cluster named west, with namespace shop. */
public final class SmallMesh implements AutoCloseable {
    static {
        Leaks.watch();
    }

    public static final int PORT = 80;
    /**
     * As by default, but with room for a busy machine where time is not what a test is about: to say something, to shake
     * hands, to connect.
     */
    public static final Limits PATIENT = patient(Limits.DEFAULT);
    /** To an endpoint, where the policy of its service does not say. */
    private static final int CONNECT_TIMEOUT_MS = 30_000;
    public final TestAuthority authority = new TestAuthority(TrustDomain.ofCluster("west"));
    public final EventLoops loops;
    public final Queue<FlowRecord> flows = new ConcurrentLinkedQueue<>();
    public final Map<String, CompiledAccess> access = new ConcurrentHashMap<>();
    public volatile boolean permissive;
    public volatile Limits limits = PATIENT;
    private final Map<String, Live> services = new ConcurrentHashMap<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    public SmallMesh() {
        this(2);
    }

    /** With one worker, all connections share its pools. */
    public SmallMesh(int workers) {
        this(workers, BufferMemory.ofProcess());
    }

    /** With another idea of how much memory there is. */
    public SmallMesh(int workers, BufferMemory memory) {
        loops = EventLoops.start(workers, memory);
    }

    /** With one worker, and another time for what is under way with a mesh that is not trusted any more. */
    public SmallMesh(Duration lastWords) {
        loops = EventLoops.start(1, BufferMemory.ofProcess(), lastWords);
    }

    private static Limits patient(Limits d) {
        return new Limits(d.maxHeaderBytes(), d.maxConcurrentStreams(), d.streamWindowBytes(), d.retryBufferBytes(),
                d.lowWaterBytes(), d.highWaterBytes(), d.maxConnections(), d.maxAppConnections(), Duration.ofSeconds(30),
                Duration.ofSeconds(30), Duration.ofSeconds(60), d.keepAliveTimeout(), d.poolIdleTimeout(),
                d.streamIdleTimeout(), Duration.ofSeconds(30));
    }

    private static final class Live implements LiveService {
        private volatile CompiledService service;
        private volatile EndpointSet endpoints;

        Live(CompiledService service, EndpointSet endpoints) {
            this.service = service;
            this.endpoints = endpoints;
        }

        @Override
        public CompiledService service() {
            return service;
        }

        @Override
        public EndpointSet endpoints() {
            return endpoints;
        }

        @Override
        public void touch() {}
    }

    /** An SVID that the test renews. */
    public static final class RenewableSvid implements SvidSource {
        private final List<Consumer<Svid>> listeners = new CopyOnWriteArrayList<>();
        private volatile Svid svid;

        public RenewableSvid(Svid svid) {
            this.svid = svid;
        }

        @Override
        public Svid current() {
            return svid;
        }

        @Override
        public Subscription onChange(Consumer<Svid> listener) {
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }

        public void renew(Svid next) {
            svid = next;
            listeners.forEach(l -> l.accept(next));
        }
    }

    /** A hosted workload. */
    public record Hosted(WorkloadScope scope, RenewableSvid svid, Listener inbound) {
        public InetSocketAddress address() {
            return inbound.address();
        }
    }

    public SpiffeId id(String serviceAccount) {
        return new SpiffeId(authority.trustDomain(), "shop", serviceAccount);
    }

    public static MeshHost host(String service) {
        return new ServiceName(service, "shop").in(HostScope.LOCAL);
    }

    /** A workload that only calls. */
    public WorkloadScope client(String name) {
        return scope(name, "v1", new Application.Responder(() -> "{}"), new RenewableSvid(svid(name)), authority);
    }

    /** A workload of another namespace that only calls. */
    public WorkloadScope clientOf(String namespace, String name) {
        return scope(name, "v1", new Application.Responder(() -> "{}"), new RenewableSvid(authority.issue(
                new SpiffeId(authority.trustDomain(), namespace, name), Duration.ofHours(1))), authority);
    }

    /** A workload that only calls, with an SVID that the test renews. */
    public WorkloadScope client(String name, RenewableSvid svid) {
        return scope(name, "v1", new Application.Responder(() -> "{}"), svid, authority);
    }

    public Svid svid(String serviceAccount) {
        return authority.issue(id(serviceAccount), Duration.ofHours(1));
    }

    public WorkloadScope scope(String name, String version, Application application, SvidSource svid,
            TestAuthority trusted) {
        return scope(name, version, application, svid, trusted::bundles);
    }

    /** A workload that trusts whom the test says. */
    public WorkloadScope scope(String name, String version, Application application, SvidSource svid,
            BundleSource trusted) {
        WorkloadTls tls = new WorkloadTls(svid, trusted);
        open.add(tls);
        return new WorkloadScope(name + "-" + version, svid.current().id(), new ServiceName(name, "shop"), version,
                "west", tls, () -> access.getOrDefault(name, CompiledAccess.OPEN), () -> permissive,
                application, discovery(),
                flows::add, limits, new AtomicBoolean());
    }

    /** A workload whose application listens on this port of the loopback address. */
    public Hosted workload(String name, String version, int appPort, Protocol protocol) {
        return workload(name, version, process(appPort, protocol));
    }

    /** An application that listens on this port of the loopback address. */
    public static Application process(int appPort, Protocol protocol) {
        return new Application.Process(
                InetAddress.getLoopbackAddress(), Map.of(PORT, new AppPort(PORT, appPort, protocol)));
    }

    public Hosted workload(String name, String version, Application app) {
        return workload(name, version, app, authority::bundles);
    }

    /** A workload that is called by whom the test lets it trust. */
    public Hosted workload(String name, String version, Application app, BundleSource trusted) {
        RenewableSvid svid = new RenewableSvid(svid(name));
        WorkloadScope scope = scope(name, version, app, svid, trusted);
        Listener listener = track(InboundListener.open(new Scopes(scope), loopback(), loops).toCompletableFuture().join());
        return new Hosted(scope, svid, listener);
    }

    public Listener outbound(WorkloadScope scope) {
        return track(OutboundListener.open(scope, loopback(), loops).toCompletableFuture().join());
    }

    public Listener upstream(WorkloadScope scope, String service) {
        return track(OutboundListener.open(scope, loopback(), loops, new FixedTarget(host(service), PORT))
                .toCompletableFuture().join());
    }

    public <T extends AutoCloseable> T track(T closeable) {
        open.add(closeable);
        return closeable;
    }

    /** An address where connections are refused for as long as the test runs: bound, but nobody listens. */
    public InetSocketAddress nobody() throws IOException {
        return track(new HeldPort()).address();
    }

    public static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private Discovery discovery() {
        return host -> {
            Live live = services.get(host.toString());
            return CompletableFuture.completedFuture(live == null
                    ? new Discovered.NoSuchService(List.of("orders.shop")) : new Discovered.Found(live));
        };
    }

    public static Endpoint.Builder endpoint(Hosted workload) {
        WorkloadScope scope = workload.scope();
        return endpoint(scope.id(), workload.address(), scope.version(), scope.service().name(), scope.identity());
    }

    public static Endpoint.Builder endpoint(
            String id, InetSocketAddress address, String version, String service, SpiffeId identity) {
        return Endpoint.newBuilder()
                .setId(id)
                .setAddress(address.getAddress().getHostAddress())
                .setPort(address.getPort())
                .setVersion(version)
                .setWeight(1)
                .setCluster("west")
                .addIdentities(identity.toString())
                .setSniSuffix(SniName.suffix(new ServiceName(service, "shop"), "west"))
                .addPorts(PORT);
    }

    public static Service.Builder service(String name, Protocol protocol) {
        return Service.newBuilder()
                .setHost(host(name).toString())
                .setName(name)
                .setNamespace("shop")
                .addPorts(dev.meshctl.api.proto.config.Port.newBuilder().setNumber(PORT).setProtocol(protocol));
    }

    /** Time to connect that is not said in a policy of its own is ample. */
    public void publish(Service.Builder service, Endpoint.Builder... endpoints) {
        Service published = patient(service);
        Endpoints.Builder set = Endpoints.newBuilder().setHost(service.getHost());
        for (Endpoint.Builder endpoint : endpoints) {
            set.addEndpoints(endpoint);
        }
        try {
            Live known = services.get(service.getHost());
            if (known == null) {
                services.put(service.getHost(), new Live(
                        CompiledService.compile(published), EndpointSet.compile(set.build())));
            } else {
                known.service = CompiledService.compile(published);
                known.endpoints = known.endpoints.update(set.build());
            }
        } catch (InvalidConfig e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** With time to connect for a busy machine. */
    public static Service patient(Service.Builder service) {
        Service.Builder patient = service.clone();
        if (patient.getPolicy().getConnectTimeoutMs() == 0) {
            patient.getPolicyBuilder().setConnectTimeoutMs(CONNECT_TIMEOUT_MS);
        }
        return patient.build();
    }

    public EndpointSet endpoints(String service) {
        return services.get(host(service).toString()).endpoints();
    }

    public FlowRecord awaitFlow(Predicate<FlowRecord> which) throws InterruptedException {
        Await.until("a flow as described, among " + flows, () -> flows.stream().anyMatch(which));
        return flows.stream().filter(which).findFirst().orElseThrow();
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        loops.close();
    }
}
