package dev.meshctl.proxy.inbound;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.name.SniName;
import dev.meshctl.proxy.detect.DetectHandler;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.BufferMemory;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Connections;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.http.HttpPools;
import dev.meshctl.proxy.http.HttpServer;
import dev.meshctl.proxy.intercept.OriginalDestination;
import dev.meshctl.proxy.tcp.AcceptingListener;
import dev.meshctl.proxy.tls.ClientHello;
import dev.meshctl.proxy.tls.ClientHelloHandler;
import dev.meshctl.proxy.tls.Dialer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Where calls to a workload come in: a ClientHello that names a port of it, then mTLS, then HTTP or opaque. */
public final class InboundListener implements AcceptingListener.Accept {
    private final WorkloadScope scope;
    private final Dialer dialer;
    private final HttpPools pools;
    private final BufferMemory memory;
    private final AppConnections connections;
    private final boolean transparent;
    private final @Nullable WorkloadScope probed;

    private InboundListener(
            WorkloadScope scope, EventLoops loops, boolean transparent, @Nullable WorkloadScope probed) {
        this.scope = scope;
        this.probed = probed;
        this.dialer = new Dialer(loops, scope.limits());
        this.pools = new HttpPools(dialer, scope.limits());
        this.memory = loops.memory();
        this.connections = new AppConnections(scope.limits());
        this.transparent = transparent;
    }

    /** Opens the listener. The stage fails with the {@code IOException} of the bind. */
    public static CompletionStage<Listener> open(WorkloadScope scope, InetSocketAddress bind, EventLoops loops) {
        return AcceptingListener.open(loops, bind, scope.limits(), false, new InboundListener(scope, loops, false, null));
    }

    /**
     * Opens a listener for connections that the kernel redirects: each reaches the port of the application that it was
     * going to. Calls that the kernel has not redirected may also be for the mesh's probe, which the proxy answers itself.
     *
     * @param probe the service of the probe
     * @param answer to it
     */
    public static CompletionStage<Listener> openTransparent(WorkloadScope scope, InetSocketAddress bind, EventLoops loops,
            ServiceName probe, Application.Responder answer) {
        return AcceptingListener.open(loops, bind, scope.limits(), false,
                new InboundListener(scope, loops, true, scope.answering(probe, answer)));
    }

    /** The same without a probe. */
    public static CompletionStage<Listener> openTransparent(WorkloadScope scope, InetSocketAddress bind, EventLoops loops) {
        return AcceptingListener.open(loops, bind, scope.limits(), false, new InboundListener(scope, loops, true, null));
    }

    @Override
    public Connections.Kind kind() {
        return Connections.Kind.INBOUND;
    }

    @Override
    public void accept(Channel channel) {
        AppPorts ports = new AppPorts(
                scope.application(), transparent ? OriginalDestination.of(channel).orElse(null) : null);
        channel.pipeline().addLast(new ClientHelloHandler(scope.limits().handshakeTimeout(), new Hello(ports)));
    }

    @Override
    public void overloaded() {
        count(FailureCause.OVERLOADED);
    }

    @Override
    public void closed() {
        pools.close();
    }

    private void count(FailureCause cause) {
        FlowBuilder.inbound(scope).finish(0, cause);
    }

    // Without TLS nothing names the port; a workload of several is told by the host header, or not at all.
    private boolean plain(Channel channel, AppPorts ports) {
        int only = ports.unnamed();
        channel.pipeline().addLast(new DetectHandler(scope.limits().detectTimeout(), (ctx, what) -> {
            HttpServer server = new HttpServer(
                    new InboundPlanner(scope, null, only, ports, connections), pools, scope.limits(), memory);
            switch (what) {
                case HTTP1 -> server.installHttp1(channel);
                case HTTP2 -> server.installHttp2(channel);
                case OPAQUE, SILENT -> OpaqueAnswer.start(scope, null, only, ports, connections, dialer, channel);
            }
        }));
        return true;
    }

    private final class Hello implements ClientHelloHandler.Sink {
        private final AppPorts ports;

        Hello(AppPorts ports) {
            this.ports = ports;
        }

        @Override
        public void hello(ChannelHandlerContext ctx, ClientHello.Peek.Hello hello) {
            Optional<SniName> named = SniName.parse(hello.serverName());
            WorkloadScope probe = probed;
            if (probe != null && ports.original() == null && named.filter(name -> isProbe(name, probe)).isPresent()) {
                secure(ctx, probe, named.get().port(), new AppPorts(probe.application(), null));
            } else if (named.filter(this::isOurs).isPresent()) {
                secure(ctx, scope, named.get().port(), ports);
            } else {
                refuse(ctx, FailureCause.NO_SNI);
            }
        }

        private void secure(ChannelHandlerContext ctx, WorkloadScope scope, int port, AppPorts ports) {
            SslHandler ssl = scope.tls().server().newHandler(ctx.alloc());
            ssl.setHandshakeTimeoutMillis(scope.limits().handshakeTimeout().toMillis());
            ctx.pipeline().addLast(ssl,
                    new Secured(scope, port, ports, ssl, dialer, pools, memory, connections));
        }

        private static boolean isProbe(SniName name, WorkloadScope probe) {
            return name.service().equals(probe.service()) && name.cluster().equals(probe.cluster()) && name.version().isEmpty();
        }

        private boolean isOurs(SniName name) {
            return ports.serves(name.port()) && name.service().equals(scope.service()) && name.cluster().equals(scope.cluster())
                    && (name.version().isEmpty() || name.version().equals(scope.version()));
        }

        @Override
        public boolean takesPlain(ChannelHandlerContext ctx) {
            return scope.permissive().getAsBoolean()
                    && scope.application() instanceof Application.Process
                    && plain(ctx.channel(), ports);
        }

        @Override
        public void notTls(ChannelHandlerContext ctx, String why) {
            refuse(ctx, FailureCause.PLAINTEXT_REFUSED);
        }

        @Override
        public void timedOut(ChannelHandlerContext ctx) {
            refuse(ctx, FailureCause.DETECT_TIMEOUT);
        }

        @Override
        public void gone(ChannelHandlerContext ctx, int bytes) {
            if (bytes > 0) {
                count(FailureCause.TLS_FAILED);
            }
        }

        private void refuse(ChannelHandlerContext ctx, FailureCause cause) {
            count(cause);
            CloseCause.REFUSED.of(ctx.channel());
            ctx.close();
        }
    }
}
