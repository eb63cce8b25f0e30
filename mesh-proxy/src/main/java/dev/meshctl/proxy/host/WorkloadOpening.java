package dev.meshctl.proxy.host;

import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.config.MeshConfig;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.Scopes;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.outbound.FixedTarget;
import dev.meshctl.proxy.tls.TlsContexts;
import dev.meshctl.proxy.tls.WorkloadTls;
import dev.meshctl.runtime.attest.IdentityException;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The steps from a checked workload to an open one; what was done is undone when a later step fails. */
final class WorkloadOpening {
    private static final System.Logger LOG = System.getLogger(WorkloadOpening.class.getName());
    private static final Duration POLICIES_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration BIND_TIMEOUT = Duration.ofSeconds(5);
    /** An address may be in use by somebody else on this machine; so many are tried. */
    private static final int ADDRESS_ATTEMPTS = 8;

    private final HostSetup setup;
    private final AddressRange range;

    WorkloadOpening(HostSetup setup, AddressRange range) {
        this.setup = setup;
        this.range = range;
    }

    /**
     * @param builtIn what answers inbound calls instead of a process
     * @param onChange called when the application's readiness changes
     * @param onExpired called once when the identity has ended without being renewed
     */
    Workload open(
            WorkloadSpec spec,
            WorkloadFiles files,
            Supplier<Optional<String>> token,
            Optional<Application> builtIn,
            Runnable onChange,
            Consumer<HostRefused> onExpired) throws HostRefused {
        Deque<Runnable> steps = new ArrayDeque<>();
        try {
            return open(spec, files, token, builtIn, onChange, onExpired, steps);
        } catch (HostRefused | RuntimeException e) {
            steps.forEach(Runnable::run);
            throw e;
        }
    }

    private Workload open(
            WorkloadSpec spec,
            WorkloadFiles files,
            Supplier<Optional<String>> token,
            Optional<Application> builtIn,
            Runnable onChange,
            Consumer<HostRefused> onExpired,
            Deque<Runnable> undo) throws HostRefused {
        Identities.Lease identity = attest(spec, files.keystore(spec.id()), token);
        undo.push(identity::close);
        TlsContexts tls = setup.tls().apply(identity);
        if (tls instanceof WorkloadTls live) {
            undo.push(live::close);
        }
        WorkloadScope scope = scope(spec, tls, builtIn, policies(spec, undo));
        Scopes scopes = new Scopes(scope);
        OpenListeners opened = listeners(spec, scopes, files.addresses(spec.id()), undo);
        AtomicBoolean lost = new AtomicBoolean();
        AppReadiness checks = new AppReadiness(
                spec.appAddress(),
                builtIn.isPresent() ? List.of()
                        : spec.appPorts().values().stream().map(port -> port.appPort()).toList(),
                ready -> onChange.run(),
                () -> checkExpiry(spec, identity, lost, onExpired), setup.counters());
        undo.push(checks::close);
        return new Workload(spec, builtIn.isPresent(), scopes, identity, opened.outbound(), opened.inbound(),
                opened.upstreams(), checks, setup.clock().instant(), undo);
    }

    private Identities.Lease attest(WorkloadSpec spec, Path keystore, Supplier<Optional<String>> token)
            throws HostRefused {
        try {
            return setup.identities().attest(spec.identity(), keystore, token);
        } catch (IdentityException e) {
            throw new HostRefused(e.cause(),
                    "no identity " + spec.identity() + " for " + spec.id() + ": " + e.getMessage(), e);
        }
    }

    private Supplier<CompiledAccess> policies(WorkloadSpec spec, Deque<Runnable> undo)
            throws HostRefused {
        if (spec.service().isEmpty()) {
            return () -> CompiledAccess.OPEN;
        }
        MeshConfig.AccessHandle policies = setup.access().apply(spec.service().get());
        undo.push(policies::close);
        try {
            if (!policies.awaitKnown(POLICIES_TIMEOUT)) {
                setup.counters().increment("host_without_policies");
                LOG.log(Level.WARNING, "the policies of {0} are not known yet; its callers are denied until they are",
                        spec.service().get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostRefused("stopping", "interrupted while waiting for policies", e);
        }
        return policies;
    }

    private WorkloadScope scope(
            WorkloadSpec spec,
            TlsContexts tls,
            Optional<Application> builtIn,
            Supplier<CompiledAccess> access) {
        return new WorkloadScope(
                spec.id(), spec.identity(), spec.callerName(), spec.version(), setup.cluster(),
                tls, access, setup.permissive(),
                builtIn.orElseGet(() -> new Application.Process(spec.appAddress(), spec.appPorts())),
                setup.discovery(), setup.observer(), setup.limits(), new AtomicBoolean());
    }

    private record OpenListeners(
            Listener outbound,
            @Nullable Listener inbound,
            List<Workload.OpenUpstream> upstreams) {}

    private OpenListeners listeners(
            WorkloadSpec spec, Scopes scopes, Optional<LastAddresses> last, Deque<Runnable> undo)
            throws HostRefused {
        Optional<AddressRange.Lease> before = last.flatMap(range::take);
        if (before.isPresent()) {
            try {
                return listeners(spec, scopes, before.get(), last, undo);
            } catch (HostRefused e) {
                setup.counters().increment("workload_address_changed");
                LOG.log(Level.WARNING, "{0} cannot have the addresses it had: {1}", spec.id(), e.reason());
            }
        }
        for (int attempt = 1; ; attempt++) {
            AddressRange.Lease lease = range.take().orElseThrow(() -> new HostRefused(
                    "no_address", "every address of the workload range is in use"));
            try {
                return listeners(spec, scopes, lease, Optional.empty(), undo);
            } catch (HostRefused e) {
                boolean another = lease.index() >= 0 && e.cause().equals("address_in_use");
                if (!another || attempt == ADDRESS_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private OpenListeners listeners(
            WorkloadSpec spec,
            Scopes scopes,
            AddressRange.Lease lease,
            Optional<LastAddresses> last,
            Deque<Runnable> undo) throws HostRefused {
        Deque<Runnable> steps = new ArrayDeque<>();
        steps.push(() -> range.giveBack(lease));
        try {
            OpenListeners opened = open(spec, scopes, lease, last, steps);
            steps.descendingIterator().forEachRemaining(undo::push);
            return opened;
        } catch (HostRefused | RuntimeException e) {
            steps.forEach(Runnable::run);
            throw e;
        }
    }

    private OpenListeners open(
            WorkloadSpec spec,
            Scopes scopes,
            AddressRange.Lease lease,
            Optional<LastAddresses> last,
            Deque<Runnable> undo) throws HostRefused {
        InetSocketAddress outboundBind = new InetSocketAddress(lease.address(), lease.outboundPort());
        Listener outbound = opened(setup.listeners().outbound(scopes, outboundBind), outboundBind, "address_in_use");
        undo.push(outbound::close);
        Listener inbound = null;
        if (spec.service().isPresent() || setup.listeners().inboundWithoutService()) {
            InetSocketAddress bind = new InetSocketAddress(lease.address(), lease.inboundPort());
            inbound = opened(setup.listeners().inbound(scopes, bind), bind, "address_in_use");
            undo.push(inbound::close);
        }
        List<Workload.OpenUpstream> upstreams = new ArrayList<>();
        for (WorkloadSpec.UpstreamSpec upstream : spec.upstreams()) {
            InetSocketAddress bind = new InetSocketAddress(lease.address(), localPort(upstream, last));
            FixedTarget target = new FixedTarget(upstream.host(), upstream.port());
            Listener listener = opened(setup.listeners().upstream(scopes.first(), bind, target), bind, "port_in_use");
            undo.push(listener::close);
            upstreams.add(new Workload.OpenUpstream(upstream, listener));
        }
        return new OpenListeners(outbound, inbound, upstreams);
    }

    private static int localPort(WorkloadSpec.UpstreamSpec upstream, Optional<LastAddresses> last) {
        return upstream.localPort() != 0 ? upstream.localPort()
                : last.map(was -> was.port(LastAddresses.upstream(upstream.asNamed(), upstream.port()))).orElse(0);
    }

    private static Listener opened(CompletionStage<Listener> opening, InetSocketAddress bind, String inUse)
            throws HostRefused {
        try {
            return opening.toCompletableFuture().get(BIND_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof BindException || String.valueOf(cause.getMessage()).contains("in use")) {
                throw new HostRefused(inUse, bind + " is in use; choose another port, or 0 for any", cause);
            }
            throw new HostRefused("listen_failed", "cannot listen on " + bind + ": " + cause.getMessage(), cause);
        } catch (TimeoutException e) {
            var unused = opening.thenAccept(Listener::close);
            throw new HostRefused("listen_failed", "cannot listen on " + bind + ": no answer within "
                    + BIND_TIMEOUT.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            var unused = opening.thenAccept(Listener::close);
            throw new HostRefused("stopping", "interrupted while opening " + bind, e);
        }
    }

    private void checkExpiry(
            WorkloadSpec spec, Identities.Lease identity, AtomicBoolean lost, Consumer<HostRefused> onExpired) {
        if (setup.clock().instant().isAfter(identity.current().notAfter()) && lost.compareAndSet(false, true)) {
            HostRefused expired = new HostRefused("identity_expired", "the identity of " + spec.id() + " ended at "
                    + identity.current().notAfter() + " and could not be renewed; is the trust bridge running?");
            Thread.ofVirtual().name("expired-" + spec.id()).start(() -> onExpired.accept(expired));
        }
    }
}
