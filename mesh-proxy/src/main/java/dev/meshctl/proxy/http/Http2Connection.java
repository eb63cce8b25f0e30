package dev.meshctl.proxy.http;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.DrainEvent;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.LazyTimer;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.tls.PeerAlert;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A connection that carries many exchanges, each on a stream with its own flow control. */
final class Http2Connection extends ChannelInboundHandlerAdapter implements PooledConnection {
    private final Channel channel;
    private final @Nullable SpiffeId peer;
    private final Limits limits;
    private final OriginPool pool;
    private final LazyTimer idleTimer;
    private final Http2StreamChannelBootstrap streams;
    // Until the first SETTINGS just one: a server with few streams would refuse the others.
    private long maxStreams = 1;
    private int active;
    private boolean used;
    private boolean settled;
    private boolean retired;
    private int lastProcessed = Integer.MAX_VALUE;

    private Http2Connection(Channel channel, @Nullable SpiffeId peer, Limits limits, OriginPool pool) {
        this.channel = channel;
        this.peer = peer;
        this.limits = limits;
        this.pool = pool;
        this.idleTimer = new LazyTimer(channel.eventLoop(), Duration.ofSeconds(5), this::expired);
        this.streams = new Http2StreamChannelBootstrap(channel);
    }

    static Http2Connection install(Channel channel, @Nullable SpiffeId peer, Limits limits, OriginPool pool) {
        Http2Connection connection = new Http2Connection(channel, peer, limits, pool);
        Http2FrameCodec codec = Http2Pipelines.clientCodec(limits);
        channel.pipeline().addLast(
                codec, ResetsOfOpenStreams.INSTANCE, new Http2MultiplexHandler(new RefusePush()), connection);
        Http2Pipelines.widenConnectionWindow(codec, limits);
        channel.config().setAutoRead(true);
        connection.idleTimer.expireIn(limits.poolIdleTimeout());
        return connection;
    }

    @ChannelHandler.Sharable
    private static final class RefusePush extends ChannelInboundHandlerAdapter {
        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.close();
        }
    }

    @Override
    public @Nullable SpiffeId peer() {
        return peer;
    }

    @Override
    public boolean hasRoom() {
        return !retired && active < maxStreams && channel.isActive();
    }

    @Override
    public boolean settling() {
        return !settled && !retired;
    }

    @Override
    public boolean idle() {
        return active == 0;
    }

    @Override
    public void start(HttpStream.Listener listener) {
        active++;
        Streaming stream = new Streaming(listener, used);
        used = true;
        streams.handler(stream).open().addListener(opening -> {
            if (opening.isSuccess()) {
                stream.opened((Http2StreamChannel) opening.getNow());
            } else {
                streamEnded();
                listener.failed(FailureCause.CONNECT_FAILED, "no stream: " + opening.cause());
            }
        });
    }

    private void streamEnded() {
        active--;
        if (retired) {
            closeIfIdle();
            return;
        }
        if (active == 0) {
            idleTimer.expireIn(limits.poolIdleTimeout());
        }
        pool.roomIn(this);
    }

    @Override
    public void retire() {
        retired = true;
        closeIfIdle();
    }

    private void closeIfIdle() {
        if (active == 0) {
            CloseCause.DRAINED.of(channel);
            Http2Pipelines.leave(channel);
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
        if (active == 0) {
            CloseCause.IDLE.of(channel);
            retired = true;
            Http2Pipelines.leave(channel);
        } else {
            idleTimer.expireIn(limits.poolIdleTimeout());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        if (msg instanceof Http2SettingsFrame settings) {
            settings(settings.settings().maxConcurrentStreams());
        } else if (msg instanceof Http2GoAwayFrame goAway) {
            lastProcessed = goAway.lastStreamId();
            retire();
            pool.retired();
        }
        ReferenceCountUtil.release(msg);
    }

    private void settings(@Nullable Long most) {
        if (most != null) {
            maxStreams = Math.min(most, limits.maxConcurrentStreams());
        } else if (!settled) {
            maxStreams = limits.maxConcurrentStreams();
        }
        settled = true;
        pool.learnt((int) maxStreams);
        pool.roomIn(this);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == DrainEvent.INSTANCE) {
            retire();
            pool.retired();
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        idleTimer.cancel();
        retired = true;
        pool.gone(this);
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        CloseCause.noteOutOfMemory(channel, cause);
        if (!settled && PeerAlert.refusesCertificate(cause)) {
            CloseCause.REFUSED.of(channel);
        }
        close(); // a reset or a TLS alert; the streams hear of it as closed
    }

    /** One exchange; also the last handler of its stream channel. */
    private final class Streaming extends ChannelInboundHandlerAdapter implements HttpStream {
        private final Listener listener;
        private final boolean reused;
        private @Nullable Http2StreamChannel stream;
        private final Inbox inbox;
        private boolean ended;
        private boolean refused;
        private boolean unsent;
        // Until it is known whether a body follows: the end of a request without one belongs on its HEADERS.
        private @Nullable HttpRequest head;

        Streaming(Listener listener, boolean reused) {
            this.listener = listener;
            this.reused = reused;
            this.inbox = new Inbox(this::deliver, () -> open().read(), this::drained, listener::settled);
        }

        private void deliver(Object message) {
            if (message instanceof HttpObject http) {
                listener.message(http);
            } else {
                ReferenceCountUtil.release(message);
            }
        }

        private void drained() {
            if (!ended) {
                ended = true;
                listener.closed(unsent || refused || open().stream().id() > lastProcessed);
            }
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(false);
            ctx.pipeline().addBefore(ctx.name(), null, new Http2StreamFrameToHttpObjectCodec(false));
        }

        void opened(Http2StreamChannel opened) {
            stream = opened;
            opened.closeFuture().addListener(f -> streamEnded());
            listener.opened(this);
        }

        private Http2StreamChannel open() {
            if (stream == null) {
                throw new IllegalStateException("the stream is not open yet");
            }
            return stream;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            inbox.offer(msg);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            inbox.readComplete();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (!ended && ctx.channel().isWritable()) {
                listener.writable();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof Http2ResetFrame reset) {
                refused = reset.errorCode() == Http2Error.REFUSED_STREAM.code();
            }
            ReferenceCountUtil.release(event);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            inbox.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            CloseCause.noteOutOfMemory(ctx.channel(), cause);
            ctx.close();
        }

        @Override
        public void write(HttpObject message) {
            HttpRequest held = head;
            head = null;
            if (message instanceof HttpRequest request && !(message instanceof LastHttpContent)) {
                head = request;
            } else if (held != null && RequestWithoutBody.isEnd(message)) {
                send(RequestWithoutBody.of(held, message));
            } else {
                sendHeld(held);
                send(message);
            }
        }

        private void sendHeld(@Nullable HttpRequest held) {
            if (held != null) {
                send(held);
            }
        }

        private void send(HttpObject message) {
            ChannelFuture written = open().write(message);
            if (message instanceof HttpRequest) {
                // As when the connection was told to go away, or a bound was lowered, a moment ago.
                written.addListener(sent -> unsent = !sent.isSuccess());
            }
        }

        @Override
        public void flush() {
            sendHeld(head);
            head = null;
            open().flush();
        }

        @Override
        public boolean isWritable() {
            return open().isWritable();
        }

        @Override
        public void read() {
            if (!ended) {
                inbox.read();
            }
        }

        @Override
        public @Nullable SpiffeId peer() {
            return peer;
        }

        @Override
        public @Nullable FailureCause closedFor() {
            return CloseCause.failure(open());
        }

        @Override
        public boolean reused() {
            return reused;
        }

        @Override
        public void finish(boolean reusable) {
            cancel();
        }

        @Override
        public void cancel() {
            if (!ended) {
                ended = true;
                inbox.discard();
                open().close();
            }
        }

        @Override
        public @Nullable Channel takeOver() {
            return null;
        }

        @Override
        public void dropCodec() {}
    }
}
