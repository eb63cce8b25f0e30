package dev.meshctl.proxy.host;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.api.proto.proxy.HostWorkload;
import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.config.MeshConfig;
import dev.meshctl.proxy.config.MovableClock;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.FlowObserver;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.Scopes;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.outbound.FixedTarget;
import dev.meshctl.proxy.tls.MeshAlpn;
import dev.meshctl.proxy.tls.TlsContexts;
import dev.meshctl.runtime.attest.IdentityException;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.testing.TestAuthority;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What a host needs, in memory: a trust bridge that takes each token once, listeners that hold real ports but answer
 * nothing, and policies that are known at once.
 */
public final class FakeSetup {
    public static final TrustDomain WEST = new TrustDomain("west.mesh");

    public final TestAuthority ca = new TestAuthority(WEST);
    public final MovableClock clock = new MovableClock(Instant.now());
    public final Counters counters = new Counters();
    final Set<String> usedTokens = ConcurrentHashMap.newKeySet();
    final Set<ServiceName> policies = ConcurrentHashMap.newKeySet();
    final Set<FakeListener> open = ConcurrentHashMap.newKeySet();
    /** How many questions for policies fail from now on. */
    final AtomicInteger failures = new AtomicInteger();
    /** What the drain of a listener comes to: one connection that is cut, unless the test says otherwise. */
    volatile CompletableFuture<Integer> drained = CompletableFuture.completedFuture(1);
    final Set<SpiffeId> renewing = ConcurrentHashMap.newKeySet();

    public HostSetup in(Path directory, String range) {
        return new HostSetup("west-proxy-0", "west", WEST, range, directory.resolve("svids"), this::attest,
                new FakeListeners(), svids -> new NoTls(), this::access, () -> false,
                host -> CompletableFuture.completedFuture(new Discovered.Unavailable("not in this test")),
                FlowObserver.NONE, Limits.DEFAULT, clock, counters);
    }

    /** A service with one port, whose application listens there. */
    public static HostWorkload.Builder workload(String id, int appPort) {
        return HostWorkload.newBuilder()
                .setId(id).setService("payments").setNamespace("shop").setVersion("v1")
                .setServiceAccount("payments").setJoinToken("token-of-" + id)
                .addPorts(WorkloadPort.newBuilder().setServicePort(80).setAppPort(appPort));
    }

    private Identities.Lease attest(SpiffeId id, Path keystore, Supplier<Optional<String>> token)
            throws IdentityException {
        SvidKeystore store = new SvidKeystore(keystore);
        try {
            Optional<Svid> kept = store.load().filter(svid -> svid.notAfter().isAfter(clock.instant()));
            Svid svid = kept.isPresent() ? kept.get() : issue(id, token);
            store.store(svid);
            renewing.add(id);
            return new FakeLease(svid);
        } catch (IOException e) {
            throw new IdentityException("keystore_unreadable", "keystore", e);
        }
    }

    private Svid issue(SpiffeId id, Supplier<Optional<String>> token) throws IdentityException {
        String presented = token.get().orElseThrow(() -> new IdentityException("no_join_token", "no join token"));
        if (!usedTokens.add(presented)) {
            throw new IdentityException("token_used", "the join token has been used");
        }
        return ca.issue(id, Duration.ofHours(1));
    }

    private MeshConfig.AccessHandle access(ServiceName service) {
        if (failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            throw new IllegalStateException("the proxy's configuration did not answer");
        }
        policies.add(service);
        return new MeshConfig.AccessHandle() {
            @Override
            public boolean awaitKnown(Duration timeout) {
                return true;
            }

            @Override
            public CompiledAccess get() {
                return CompiledAccess.OPEN;
            }

            @Override
            public void close() {
                policies.remove(service);
            }
        };
    }

    private final class FakeLease implements Identities.Lease {
        private final Svid svid;

        FakeLease(Svid svid) {
            this.svid = svid;
        }

        @Override
        public Svid current() {
            return svid;
        }

        @Override
        public Subscription onChange(Consumer<Svid> listener) {
            return () -> {};
        }

        @Override
        public void close() {
            renewing.remove(svid.id());
        }
    }

    private static final class NoTls implements TlsContexts {
        @Override
        public SslContext server() {
            throw new IllegalStateException("no connections in this test");
        }

        @Override
        public SslContext client(MeshAlpn protocol) {
            throw new IllegalStateException("no connections in this test");
        }

        @Override
        public boolean trusts(TrustDomain trustDomain) {
            throw new IllegalStateException("no connections in this test");
        }
    }

    final class FakeListener implements Listener {
        private final ServerSocket socket;
        FakeListener(ServerSocket socket) {
            this.socket = socket;
            open.add(this);
        }

        @Override
        public InetSocketAddress address() {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }

        @Override
        public CompletionStage<Integer> drain(Duration deadline) {
            return drained;
        }

        @Override
        public void close() {
            open.remove(this);
            try {
                socket.close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private final class FakeListeners implements Listeners {
        private CompletionStage<Listener> bind(InetSocketAddress bind) {
            try {
                return CompletableFuture.completedFuture(
                        new FakeListener(new ServerSocket(bind.getPort(), 16, bind.getAddress())));
            } catch (IOException e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        @Override
        public CompletionStage<Listener> outbound(Scopes scopes, InetSocketAddress bind) {
            return bind(bind);
        }

        @Override
        public CompletionStage<Listener> inbound(Scopes scopes, InetSocketAddress bind) {
            return bind(bind);
        }

        @Override
        public CompletionStage<Listener> upstream(WorkloadScope scope, InetSocketAddress bind, FixedTarget target) {
            return bind(bind);
        }
    }
}
