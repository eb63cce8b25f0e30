package dev.meshctl.proxy.http;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.DrainEvent;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.LazyTimer;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.tls.PeerAlert;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A keep-alive connection: one exchange at a time. While idle it is read from, so that a close is noticed. */
final class Http1Connection extends ChannelInboundHandlerAdapter implements PooledConnection {
    private final Channel channel;
    private final @Nullable SpiffeId peer;
    private final Limits limits;
    private final OriginPool pool;
    private final LazyTimer idleTimer;
    private @Nullable Exchanging current;
    private boolean used;
    private boolean heard;
    private boolean retired;
    private boolean tunnel;

    private Http1Connection(Channel channel, @Nullable SpiffeId peer, Limits limits, OriginPool pool) {
        this.channel = channel;
        this.peer = peer;
        this.limits = limits;
        this.pool = pool;
        this.idleTimer = new LazyTimer(channel.eventLoop(), Duration.ofSeconds(5), this::expired);
    }

    static Http1Connection install(Channel channel, @Nullable SpiffeId peer, Limits limits, OriginPool pool) {
        Http1Connection connection = new Http1Connection(channel, peer, limits, pool);
        channel.pipeline().addLast(
                new HttpClientCodec(answers(limits), false, false), connection);
        connection.idleTimer.expireIn(limits.poolIdleTimeout());
        channel.read();
        return connection;
    }

    /**
     * Answers may end their lines in a line feed alone, as those of many a script do: what is passed on is written anew, so
     * nobody behind can read another answer from it (RFC 9112, 2.2).
     */
    private static HttpDecoderConfig answers(Limits limits) {
        return RequestDecoder.config(limits).setStrictLineParsing(false);
    }

    @Override
    public @Nullable SpiffeId peer() {
        return peer;
    }

    @Override
    public boolean hasRoom() {
        return current == null && !retired && channel.isActive();
    }

    @Override
    public boolean idle() {
        return current == null;
    }

    @Override
    public void start(HttpStream.Listener listener) {
        current = new Exchanging(listener, used);
        used = true;
        listener.opened(current);
    }

    @Override
    public void retire() {
        retired = true;
        if (current == null) {
            CloseCause.DRAINED.of(channel);
            channel.close();
        }
    }

    @Override
    public void close() {
        retired = true;
        channel.close();
    }

    @Override
    public void stop() {
        CloseCause.STOPPED.of(channel);
        close();
    }

    private void expired() {
        if (current == null) {
            CloseCause.IDLE.of(channel);
            close();
        } else {
            idleTimer.expireIn(limits.poolIdleTimeout());
        }
    }

    private void ended(boolean reusable) {
        if (current != null) {
            current.inbox.discard();
            current = null;
        }
        if (!reusable || retired || !channel.isActive()) {
            (retired ? CloseCause.DRAINED : reusable ? CloseCause.PEER : CloseCause.BROKEN).of(channel);
            retired = true;
            channel.close();
            return;
        }
        idleTimer.expireIn(limits.poolIdleTimeout());
        channel.read();
        pool.roomIn(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        heard = true;
        if (tunnel) {
            ctx.fireChannelRead(msg);
        } else if (current != null) {
            current.inbox.offer(msg);
        } else {
            ReferenceCountUtil.release(msg); // an answer that nobody asked for
            close();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == DrainEvent.INSTANCE) {
            retire();
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (tunnel) {
            ctx.fireChannelReadComplete();
        } else if (current != null) {
            current.inbox.readComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (tunnel) {
            ctx.fireChannelWritabilityChanged();
        } else if (current != null && channel.isWritable()) {
            current.listener.writable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        idleTimer.cancel();
        pool.gone(this);
        Exchanging exchange = current;
        retired = true;
        if (tunnel) {
            ctx.fireChannelInactive();
        } else if (exchange != null) {
            exchange.inbox.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (tunnel) {
            ctx.fireExceptionCaught(cause);
        } else {
            CloseCause.noteOutOfMemory(channel, cause);
            if (!heard && PeerAlert.refusesCertificate(cause)) {
                CloseCause.REFUSED.of(channel);
            }
            close(); // a reset or a TLS alert; the exchange hears of it as closed
        }
    }

    /** The one exchange of the moment. */
    private final class Exchanging implements HttpStream {
        private final Listener listener;
        private final boolean reused;
        private final Inbox inbox;

        Exchanging(Listener listener, boolean reused) {
            this.listener = listener;
            this.reused = reused;
            this.inbox = new Inbox(this::deliver, channel::read, this::drained, listener::settled);
        }

        private void deliver(Object message) {
            if (message instanceof HttpObject http) {
                listener.message(http);
            } else {
                ReferenceCountUtil.release(message);
                close(); // bytes that are no HTTP, and no upgrade was asked for
            }
        }

        private void drained() {
            if (current()) {
                current = null;
                listener.closed(false);
            }
        }

        private boolean current() {
            return current == this;
        }

        @Override
        public void write(HttpObject message) {
            channel.write(message, channel.voidPromise());
        }

        @Override
        public void flush() {
            channel.flush();
        }

        @Override
        public boolean isWritable() {
            return channel.isWritable();
        }

        @Override
        public void read() {
            if (current()) {
                inbox.read();
            }
        }

        @Override
        public @Nullable SpiffeId peer() {
            return peer;
        }

        @Override
        public @Nullable FailureCause closedFor() {
            return CloseCause.failure(channel);
        }

        @Override
        public boolean reused() {
            return reused;
        }

        @Override
        public void finish(boolean reusable) {
            if (current()) {
                ended(reusable);
            }
        }

        @Override
        public void cancel() {
            if (current()) {
                ended(false);
            }
        }

        @Override
        public @Nullable Channel takeOver() {
            if (!current() || !channel.isActive()) {
                return null;
            }
            tunnel = true;
            retired = true;
            idleTimer.cancel();
            return channel;
        }

        @Override
        public void dropCodec() {
            channel.pipeline().remove(HttpClientCodec.class);
        }
    }
}
