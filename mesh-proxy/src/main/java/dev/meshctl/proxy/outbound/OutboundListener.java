package dev.meshctl.proxy.outbound;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.detect.DetectHandler;
import dev.meshctl.proxy.detect.Detected;
import dev.meshctl.proxy.flow.BufferMemory;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Connections;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.Scopes;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.http.HttpPools;
import dev.meshctl.proxy.http.HttpServer;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.route.ConnectionTable;
import dev.meshctl.proxy.tcp.AcceptingListener;
import dev.meshctl.proxy.tls.ClientHelloHandler;
import dev.meshctl.proxy.tls.Dialer;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Where a workload's calls come in: accept, detect, then HTTP or opaque. */
public final class OutboundListener implements AcceptingListener.Accept {
    private static final RandomGenerator RANDOM = new RandomGenerator() {
        @Override
        public long nextLong() {
            return ThreadLocalRandom.current().nextLong();
        }
    };

    private static final int HTTPS_PORT = 443;

    private final WorkloadScope scope;
    private final EventLoops loops;
    private final @Nullable FixedTarget fixed;
    private final Dialer dialer;
    private final HttpPools pools;
    private final BufferMemory memory;
    private final Strangers strangers;
    private final RandomGenerator random;
    private final @Nullable Intercepted intercepted;
    private final Intercepted.Bound passedThrough;

    private OutboundListener(
            WorkloadScope scope, EventLoops loops, @Nullable FixedTarget fixed, RandomGenerator random, boolean transparent) {
        this(scope, loops, fixed, random, transparent, new Dialer(loops, scope.limits()));
    }

    private OutboundListener(WorkloadScope scope, EventLoops loops, @Nullable FixedTarget fixed, RandomGenerator random,
            boolean transparent, Dialer dialer) {
        this(scope, loops, fixed, random, transparent, dialer, new HttpPools(dialer, scope.limits()), new Strangers(loops),
                new Intercepted.Bound());
    }

    private OutboundListener(WorkloadScope scope, EventLoops loops, @Nullable FixedTarget fixed, RandomGenerator random,
            boolean transparent, Dialer dialer, HttpPools pools, Strangers strangers, Intercepted.Bound passedThrough) {
        this.passedThrough = passedThrough;
        this.scope = scope;
        this.loops = loops;
        this.fixed = fixed;
        this.dialer = dialer;
        this.pools = pools;
        this.memory = loops.memory();
        this.strangers = strangers;
        this.random = random;
        this.intercepted = transparent ? new Intercepted(
                scope, loops, dialer, random, this::enter, channel -> detect(channel, null), passedThrough) : null;
    }

    /** The listener of a workload whose services change: each connection is that of what it is when it comes. */
    private static final class Newest implements AcceptingListener.Accept {
        private final Scopes scopes;
        private volatile OutboundListener current;

        Newest(Scopes scopes, EventLoops loops) {
            this.scopes = scopes;
            this.current = new OutboundListener(scopes.first(), loops, null, RANDOM, true);
        }

        private OutboundListener current() {
            WorkloadScope now = scopes.first();
            OutboundListener known = current;
            if (known.scope != now) {
                known = new OutboundListener(now, known.loops, null, known.random, true, known.dialer, known.pools,
                        known.strangers, known.passedThrough);
                current = known;
            }
            return known;
        }

        @Override
        public Connections.Kind kind() {
            return Connections.Kind.OUTBOUND;
        }

        @Override
        public void accept(Channel channel) {
            current().accept(channel);
        }

        @Override
        public void overloaded() {
            current().overloaded();
        }

        @Override
        public void closed() {
            current().closed();
        }
    }

    /** Opens the HTTP proxy of a workload. The stage fails with the {@code IOException} of the bind. */
    public static CompletionStage<Listener> open(WorkloadScope scope, InetSocketAddress bind, EventLoops loops) {
        return open(scope, bind, loops, null, RANDOM);
    }

    /** Opens a listener for one upstream: whatever comes in goes there, HTTP or not. */
    public static CompletionStage<Listener> open(
            WorkloadScope scope, InetSocketAddress bind, EventLoops loops, FixedTarget target) {
        return open(scope, bind, loops, target, RANDOM);
    }

    /**
     * Opens a listener for connections that the kernel redirects: each goes to whom it was going to. One that was made to
     * the listener itself is a client of an HTTP proxy.
     */
    public static CompletionStage<Listener> openTransparent(Scopes scopes, InetSocketAddress bind, EventLoops loops) {
        return AcceptingListener.open(loops, bind, scopes.first().limits(), true, new Newest(scopes, loops));
    }

    static CompletionStage<Listener> open(WorkloadScope scope, InetSocketAddress bind, EventLoops loops,
            @Nullable FixedTarget target, RandomGenerator random) {
        return AcceptingListener.open(
                loops, bind, scope.limits(), target != null, new OutboundListener(scope, loops, target, random, false));
    }

    @Override
    public Connections.Kind kind() {
        return Connections.Kind.OUTBOUND;
    }

    @Override
    public void accept(Channel channel) {
        FixedTarget target = fixed;
        if (intercepted != null && intercepted.accept(channel)) {
            return;
        }
        if (target == null) {
            detect(channel, null);
            return;
        }
        enter(channel, target);
    }

    private void enter(Channel channel, FixedTarget target) {
        Lookups.find(scope, target.host(), channel.eventLoop(), discovered -> enter(channel, target, discovered));
    }

    // What a service says of its port saves the guess, and the wait where the server speaks first.
    private void enter(Channel channel, FixedTarget target, Discovered discovered) {
        CompiledService service = discovered instanceof Discovered.Found found ? found.service().service() : null;
        ConnectionTable routes = service == null ? null : OpaqueCall.routes(scope, service, target);
        if (service != null && routes != null && routes.asksForServerName()) {
            channel.pipeline().addLast(new ClientHelloHandler(scope.limits().detectTimeout(), new ServerNameSink(scope, service,
                    name -> OpaqueCall.toMesh(scope, dialer, random, channel, target, name))));
        } else if (routes != null || (service != null && service.protocol(target.port()) == Protocol.TCP)) {
            OpaqueCall.toMesh(scope, dialer, random, channel, target, null);
        } else {
            detect(channel, target);
        }
    }

    private void detect(Channel channel, @Nullable FixedTarget target) {
        channel.pipeline().addLast(new DetectHandler(scope.limits().detectTimeout(),
                (ctx, what) -> detected(channel, what, target)));
    }

    private void detected(Channel channel, Detected what, @Nullable FixedTarget target) {
        switch (what) {
            case HTTP1 -> server(target).installHttp1(channel);
            case HTTP2 -> server(target).installHttp2(channel);
            case OPAQUE, SILENT -> {
                if (target != null) {
                    OpaqueCall.toMesh(scope, dialer, random, channel, target, null);
                } else {
                    FlowBuilder.outbound(scope).finish(0, what == Detected.SILENT
                            ? FailureCause.DETECT_TIMEOUT : FailureCause.UNKNOWN_PROTOCOL);
                    CloseCause.REFUSED.of(channel);
                    channel.close();
                }
            }
        }
    }

    private HttpServer server(@Nullable FixedTarget target) {
        return new HttpServer(
                new OutboundPlanner(scope, strangers, random, target, this::tunnel), pools, scope.limits(), memory);
    }

    private void tunnel(Channel channel, Authority authority) {
        int port = authority.port().orElseThrow();
        Optional<MeshHost> host = OutboundPlanner.meshHost(scope, authority.host());
        if (host.isPresent()) {
            FixedTarget target = new FixedTarget(host.get(), port);
            Lookups.find(scope, target.host(), channel.eventLoop(), discovered -> {
                if (discovered instanceof Discovered.NoSuchService && mayBeOutside(authority)) {
                    OpaqueCall.toStranger(scope, dialer, random, channel, strangers, authority.host(), port);
                } else {
                    enter(channel, target, discovered);
                }
            });
        } else {
            OpaqueCall.toStranger(scope, dialer, random, channel, strangers, authority.host(), port);
        }
    }

    /**
     * {@code example.com} has the form of a service too. What is no service may go out by HTTPS, where the client
     * checks the server itself; in plain it may not, or a removed service's calls would reach a stranger.
     */
    private static boolean mayBeOutside(Authority authority) {
        return authority.port().orElse(0) == HTTPS_PORT && authority.host().chars().filter(c -> c == '.').count() == 1;
    }

    @Override
    public void overloaded() {
        FlowBuilder.outbound(scope).finish(0, FailureCause.OVERLOADED);
    }

    @Override
    public void closed() {
        pools.close();
    }
}
