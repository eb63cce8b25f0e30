package dev.meshctl.proxy.tls;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.BufferMemory;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Connections;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.flow.TrustedPeers;
import dev.meshctl.runtime.tls.PeerCertificates;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.security.cert.CertificateException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Opens connections: TCP, then mTLS if asked for, then the check of the peer's identity. */
public final class Dialer {
    private final EventLoops loops;
    private final Limits limits;
    private final ChannelFactory<? extends Channel> sockets;

    public Dialer(EventLoops loops, Limits limits) {
        this(loops, limits, new ReflectiveChannelFactory<>(loops.socketChannel()));
    }

    Dialer(EventLoops loops, Limits limits, ChannelFactory<? extends Channel> sockets) {
        this.sockets = sockets;
        this.loops = loops;
        this.limits = limits;
    }

    /** What became of a dial. */
    public sealed interface Dialed {
        /**
         * An open channel with auto-read off. If secured, the peer has one of the wanted identities.
         *
         * @param peer null if plain
         */
        record Connected(Channel channel, @Nullable SpiffeId peer) implements Dialed {}

        record Failed(FailureCause cause, String detail) implements Dialed {}
    }

    /**
     * Dials on this event loop. The answer comes once, on the event loop, possibly before this returns. For a
     * secured connection it comes within the handshake's last read, so that handlers added then miss nothing.
     */
    public void dial(EventLoop loop, Origin origin, boolean allowHalfClosure, Consumer<Dialed> then) {
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channelFactory(sockets)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, allowHalfClosure && origin.tls() == null)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(origin.connectTimeout().toMillis()))
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(limits.lowWaterBytes(), limits.highWaterBytes()))
                .handler(new ChannelInboundHandlerAdapter());
        boolean toMesh = origin.tls() != null;
        if (toMesh) {
            loops.probeWhenIdle(bootstrap);
        }
        bootstrap.connect(origin.address()).addListener((io.netty.channel.ChannelFuture connect) -> {
            if (!connect.isSuccess()) {
                failed(loop, refused(origin, connect.cause()), then);
                return;
            }
            loops.connections().count(kind(origin), connect.channel());
            if (toMesh) {
                loops.watch(connect.channel());
            }
            if (origin.tls() == null) {
                then.accept(new Dialed.Connected(connect.channel(), null));
            } else {
                secure(connect.channel(), origin, origin.tls(), then);
            }
        });
    }

    /** Where no socket could be had, as without a descriptor, another thread tells. */
    private static void failed(EventLoop loop, Dialed failure, Consumer<Dialed> then) {
        if (loop.inEventLoop()) {
            then.accept(failure);
        } else {
            loop.execute(() -> then.accept(failure));
        }
    }

    private static Connections.Kind kind(Origin origin) {
        return origin.tls() != null ? Connections.Kind.ENDPOINT
                : origin.refused() == FailureCause.APP_CONNECT_FAILED ? Connections.Kind.APPLICATION
                : Connections.Kind.OUTSIDE;
    }

    private static Dialed refused(Origin origin, @Nullable Throwable cause) {
        boolean late = cause instanceof ConnectTimeoutException;
        String text = late ? "no connection within " + origin.connectTimeout().toMillis() + " ms"
                : String.valueOf(cause == null ? "" : cause.getMessage());
        return new Dialed.Failed(late && origin.refused() == FailureCause.CONNECT_FAILED
                ? FailureCause.CONNECT_TIMEOUT : origin.refused(), place(origin) + ": " + text);
    }

    private static String place(Origin origin) {
        return origin.address().getHostString() + ":" + origin.address().getPort();
    }

    private void secure(Channel channel, Origin origin, TlsTarget tls, Consumer<Dialed> then) {
        SslHandler ssl;
        try {
            ssl = tls.contexts().client(tls.alpn()).newHandler(channel.alloc(), tls.sni(), origin.address().getPort());
        } catch (RuntimeException e) {
            channel.close();
            then.accept(new Dialed.Failed(FailureCause.TLS_FAILED, "no TLS context: " + e.getMessage()));
            return;
        }
        ssl.setHandshakeTimeoutMillis(tls.handshakeTimeout().toMillis());
        channel.pipeline().addLast(ssl, new HandshakeWatch(loops.trustedPeers(), ssl, origin, tls, then));
        channel.read();
    }

    private static final class HandshakeWatch extends ChannelInboundHandlerAdapter {
        private final TrustedPeers trustedPeers;
        private final SslHandler ssl;
        private final Origin origin;
        private final TlsTarget tls;
        private final Consumer<Dialed> then;
        private boolean told;

        HandshakeWatch(TrustedPeers trustedPeers, SslHandler ssl, Origin origin, TlsTarget tls, Consumer<Dialed> then) {
            this.trustedPeers = trustedPeers;
            this.ssl = ssl;
            this.origin = origin;
            this.tls = tls;
            this.then = then;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                if (handshake.isSuccess()) {
                    verify(ctx);
                } else {
                    failed(ctx, handshake.cause());
                }
            } else {
                ctx.fireUserEventTriggered(event);
            }
        }

        private void verify(ChannelHandlerContext ctx) {
            SpiffeId peer;
            try {
                peer = PeerCertificates.idOf(ssl.engine().getSession())
                        .orElseThrow(() -> new CertificateException("it showed no certificate"));
            } catch (CertificateException e) {
                fail(ctx, FailureCause.TLS_FAILED, "the server has no SPIFFE identity: " + e.getMessage());
                return;
            }
            if (!tls.identities().contains(peer)) {
                fail(ctx, FailureCause.IDENTITY_MISMATCH,
                        peer + " answered, but the service has " + tls.identities());
            } else if (!tls.alpn().id().equals(ssl.applicationProtocol())) {
                fail(ctx, FailureCause.TLS_FAILED, "the server does not speak " + tls.alpn().id());
            } else {
                told = true;
                trustedPeers.add(ctx.channel(), peer, tls.contexts()::trusts);
                ctx.pipeline().remove(this);
                then.accept(new Dialed.Connected(ctx.channel(), peer));
            }
        }

        private void failed(ChannelHandlerContext ctx, @Nullable Throwable cause) {
            String message = message(cause);
            String said = PeerAlert.ofGateway(message);
            if (said == null) {
                fail(ctx, handshakeCause(cause), message);
            } else {
                fail(ctx, origin.refused(), said);
            }
        }

        private static FailureCause handshakeCause(@Nullable Throwable cause) {
            if (BufferMemory.exhausted(cause)) {
                return FailureCause.OUT_OF_MEMORY;
            }
            return cause instanceof SslHandshakeTimeoutException ? FailureCause.CONNECT_TIMEOUT : FailureCause.TLS_FAILED;
        }

        private static String message(@Nullable Throwable cause) {
            Throwable root = cause;
            while (root != null && root.getCause() != null && root.getCause() != root) {
                root = root.getCause();
            }
            return root == null || root.getMessage() == null ? String.valueOf(root) : root.getMessage();
        }

        private void fail(ChannelHandlerContext ctx, FailureCause cause, String detail) {
            if (!told) {
                told = true;
                (cause == FailureCause.OUT_OF_MEMORY ? CloseCause.OUT_OF_MEMORY : CloseCause.REFUSED).of(ctx.channel());
                ctx.close();
                then.accept(new Dialed.Failed(cause, place(origin) + " as " + tls.sni() + ": " + detail));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            fail(ctx, FailureCause.TLS_FAILED, "closed during the handshake");
            ctx.fireChannelInactive();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failed(ctx, cause);
        }
    }
}
