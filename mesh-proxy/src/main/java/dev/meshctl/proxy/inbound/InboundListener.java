package dev.meshctl.proxy.inbound;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.name.SniName;
import dev.meshctl.proxy.detect.DetectHandler;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Connections;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.Scopes;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where calls to a workload come in: a ClientHello that names a port of it, then mTLS, then HTTP or opaque. */
public final class InboundListener implements AcceptingListener.Accept {
    private final Scopes scopes;
    private final Dialer dialer;
    private final HttpPools pools;
    private final EventLoops loops;
    private final AppConnections connections;
    private final boolean transparent;
    private final Limits limits;
    private final @Nullable Probe probe;

    /** What the proxy itself answers for a service that is the mesh's own. */
    public record Probe(ServiceName service, Application.Responder answer) {}

    private InboundListener(Scopes scopes, EventLoops loops, boolean transparent, @Nullable Probe probe) {
        this.probe = probe;
        Limits limits = scopes.first().limits();
        this.scopes = scopes;
        this.limits = limits;
        this.dialer = new Dialer(loops, limits);
        this.pools = new HttpPools(dialer, limits);
        this.loops = loops;
        this.connections = new AppConnections(limits);
        this.transparent = transparent;
    }

    /** Opens the listener. The stage fails with the {@code IOException} of the bind. */
    public static CompletionStage<Listener> open(Scopes scopes, InetSocketAddress bind, EventLoops loops) {
        return AcceptingListener.open(
                loops, bind, scopes.first().limits(), false, new InboundListener(scopes, loops, false, null));
    }

    /**
     * Opens a listener for connections that the kernel redirects: each reaches the port of the application that it was
     * going to.
     */
    public static CompletionStage<Listener> openTransparent(Scopes scopes, InetSocketAddress bind, EventLoops loops) {
        return AcceptingListener.open(
                loops, bind, scopes.first().limits(), false, new InboundListener(scopes, loops, true, null));
    }

    /** The same; calls that the kernel has not redirected may also be for the mesh's probe, which the proxy answers. */
    public static CompletionStage<Listener> openTransparent(
            Scopes scopes, InetSocketAddress bind, EventLoops loops, Probe probe) {
        return AcceptingListener.open(
                loops, bind, scopes.first().limits(), false, new InboundListener(scopes, loops, true, probe));
    }

    @Override
    public Connections.Kind kind() {
        return Connections.Kind.INBOUND;
    }

    @Override
    public void accept(Channel channel) {
        InetSocketAddress original = transparent ? OriginalDestination.of(channel).orElse(null) : null;
        List<Served> services = scopes.all().stream()
                .map(scope -> new Served(scope, new AppPorts(scope.application(), original))).toList();
        channel.pipeline().addLast(new ClientHelloHandler(limits.handshakeTimeout(), new Hello(services, probed(original))));
    }

    private Optional<Served> probed(@Nullable InetSocketAddress original) {
        Probe known = probe;
        return known == null || original != null ? Optional.empty()
                : Optional.of(new Served(scopes.first().answering(known.service(), known.answer()),
                        new AppPorts(known.answer(), null)));
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
        FlowBuilder.inbound(scopes.first()).finish(0, cause);
    }

    /** One of the services that a connection may be for. */
    private record Served(WorkloadScope scope, AppPorts ports) {
        boolean isMeantBy(SniName name) {
            return ports.serves(name.port()) && name.service().equals(scope.service())
                    && name.cluster().equals(scope.cluster())
                    && (name.version().isEmpty() || name.version().equals(scope.version()));
        }
    }

    // Without TLS nothing names the port; a workload of several is told by the host header, or not at all.
    private boolean plain(Channel channel, Served served) {
        WorkloadScope scope = served.scope();
        AppPorts ports = served.ports();
        int only = ports.unnamed();
        channel.pipeline().addLast(new DetectHandler(scope.limits().detectTimeout(), (ctx, what) -> {
            HttpServer server = new HttpServer(
                    new InboundPlanner(scope, null, only, ports, connections), pools, scope.limits(), loops.memory());
            switch (what) {
                case HTTP1 -> server.installHttp1(channel);
                case HTTP2 -> server.installHttp2(channel);
                case OPAQUE, SILENT -> OpaqueAnswer.start(scope, null, only, ports, connections, dialer, channel);
            }
        }));
        return true;
    }

    private final class Hello implements ClientHelloHandler.Sink {
        private final List<Served> services;
        private final Optional<Served> probed;

        Hello(List<Served> services, Optional<Served> probed) {
            this.services = services;
            this.probed = probed;
        }

        @Override
        public void hello(ChannelHandlerContext ctx, ClientHello.Peek.Hello hello) {
            Optional<SniName> target = SniName.parse(hello.serverName());
            Optional<Served> meant = target.flatMap(name -> Stream.concat(services.stream(), probed.stream())
                    .filter(s -> s.isMeantBy(name)).findFirst());
            if (target.isEmpty() || meant.isEmpty()) {
                refuse(ctx, FailureCause.NO_SNI);
                return;
            }
            WorkloadScope scope = meant.get().scope();
            SslHandler ssl = scope.tls().server().newHandler(ctx.alloc());
            ssl.setHandshakeTimeoutMillis(scope.limits().handshakeTimeout().toMillis());
            ctx.pipeline().addLast(ssl,
                    new Secured(scope, target.get().port(), meant.get().ports(), ssl, dialer, pools, loops, connections));
        }

        /** What a connection that names no service is for: the first one that has the port it was going to. */
        private Served unnamed() {
            return services.stream().filter(served -> served.ports().isOfService()).findFirst().orElse(services.getFirst());
        }

        @Override
        public boolean takesPlain(ChannelHandlerContext ctx) {
            Served served = unnamed();
            return served.scope().permissive().getAsBoolean()
                    && served.scope().application() instanceof Application.Process
                    && plain(ctx.channel(), served);
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
