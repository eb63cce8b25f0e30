package dev.meshctl.proxy.inbound;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.http.HttpPools;
import dev.meshctl.proxy.http.HttpServer;
import dev.meshctl.proxy.tls.Dialer;
import dev.meshctl.proxy.tls.MeshAlpn;
import dev.meshctl.runtime.tls.PeerCertificates;
import dev.meshctl.runtime.tls.PeerRejected;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.security.cert.CertificateException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Waits for the handshake; then hands the connection to what its ALPN says. */
final class Secured extends ChannelInboundHandlerAdapter {
    private final WorkloadScope scope;
    private final int port;
    private final AppPorts ports;
    private final SslHandler ssl;
    private final Dialer dialer;
    private final HttpPools pools;
    private final EventLoops loops;
    private final AppConnections connections;
    private boolean settled;

    Secured(WorkloadScope scope, int port, AppPorts ports, SslHandler ssl, Dialer dialer, HttpPools pools,
            EventLoops loops, AppConnections connections) {
        this.scope = scope;
        this.port = port;
        this.ports = ports;
        this.ssl = ssl;
        this.dialer = dialer;
        this.pools = pools;
        this.loops = loops;
        this.connections = connections;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
            ctx.fireUserEventTriggered(event);
        } else if (handshake.isSuccess()) {
            admit(ctx);
        } else {
            refuse(ctx, causeOf(handshake.cause()));
        }
    }

    // A certificate that was refused, or none, is about the caller; the rest is about TLS.
    private static FailureCause causeOf(@Nullable Throwable failure) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (at instanceof OutOfMemoryError) {
                return FailureCause.OUT_OF_MEMORY;
            }
            String message = String.valueOf(at.getMessage());
            if (at instanceof PeerRejected || at instanceof CertificateException || message.contains("CERTIFICATE")) {
                return FailureCause.NO_PEER_IDENTITY;
            }
        }
        return FailureCause.TLS_FAILED;
    }

    private void admit(ChannelHandlerContext ctx) {
        Optional<SpiffeId> caller;
        try {
            caller = PeerCertificates.idOf(ssl.engine().getSession());
        } catch (PeerRejected e) {
            caller = Optional.empty();
        }
        String protocol = ssl.applicationProtocol();
        if (caller.isEmpty()) {
            refuse(ctx, FailureCause.NO_PEER_IDENTITY);
        } else if (protocol == null) {
            refuse(ctx, FailureCause.UNKNOWN_PROTOCOL);
        } else {
            settled = true;
            loops.trustedPeers().add(ctx.channel(), caller.get(), scope.tls()::trusts);
            enter(ctx.channel(), caller.get(), protocol);
            ctx.pipeline().remove(this);
        }
    }

    private void enter(Channel channel, SpiffeId caller, String protocol) {
        if (protocol.equals(MeshAlpn.TCP.id())) {
            OpaqueAnswer.start(scope, caller, port, ports, connections, dialer, channel);
            return;
        }
        HttpServer server = new HttpServer(
                new InboundPlanner(scope, caller, port, ports, connections), pools, scope.limits(), loops.memory());
        if (protocol.equals(MeshAlpn.HTTP2.id())) {
            server.installHttp2(channel);
        } else {
            server.installHttp1(channel);
        }
    }

    private void refuse(ChannelHandlerContext ctx, FailureCause cause) {
        if (!settled) {
            settled = true;
            FlowBuilder.inbound(scope).finish(0, cause);
            (cause == FailureCause.OUT_OF_MEMORY ? CloseCause.OUT_OF_MEMORY : CloseCause.REFUSED).of(ctx.channel());
            ctx.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        refuse(ctx, FailureCause.TLS_FAILED);
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        refuse(ctx, causeOf(cause));
    }
}
