package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.BufferMemory;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.DrainEvent;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.LazyTimer;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.tcp.Relay;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of exchanges: one after the other on an HTTP/1 connection, just one on an HTTP/2 stream. Each
 * read asks for one message; the exchange asks for the next when it can take it.
 */
final class HttpServerHandler extends ChannelInboundHandlerAdapter {
    private static final Duration LINGER = Duration.ofSeconds(1);

    private enum Phase { AWAITING, HEAD, EXCHANGE, CLOSING }

    private final HttpPlanner planner;
    private final HttpPools pools;
    private final Limits limits;
    private final BufferMemory memory;
    private final @Nullable ResponseEncoder http1;
    private final ChannelFutureListener written = this::written;
    private final Inbox inbox = new Inbox(this::received, () -> ctx().read(), () -> {}, this::settled);
    private @Nullable ChannelHandlerContext context;
    private @Nullable LazyTimer timer;
    private @Nullable Exchange exchange;
    private @Nullable ChannelFuture lastWrite;
    private Phase phase = Phase.AWAITING;
    private boolean draining;
    private boolean tunnel;

    /** @param http1 null on an HTTP/2 stream */
    HttpServerHandler(HttpPlanner planner, HttpPools pools, Limits limits, BufferMemory memory,
            @Nullable ResponseEncoder http1) {
        this.planner = planner;
        this.pools = pools;
        this.limits = limits;
        this.memory = memory;
        this.http1 = http1;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        if (ctx.channel().isActive()) {
            start(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        start(ctx);
        ctx.fireChannelActive();
    }

    private void start(ChannelHandlerContext ctx) {
        if (timer == null) {
            timer = new LazyTimer(ctx.executor(), tick(), this::expired);
            timer.expireIn(limits.keepAliveTimeout());
            inbox.read();
        }
    }

    private Duration tick() {
        Duration least = limits.headerTimeout().compareTo(limits.streamIdleTimeout()) < 0
                ? limits.headerTimeout() : limits.streamIdleTimeout();
        return least.dividedBy(2).compareTo(LINGER) < 0 ? least.dividedBy(2) : LINGER;
    }

    private ChannelHandlerContext ctx() {
        if (context == null) {
            throw new IllegalStateException("not in a pipeline");
        }
        return context;
    }

    boolean http2() {
        return http1 == null;
    }

    HttpPlanner planner() {
        return planner;
    }

    HttpPool pool() {
        return pools.on(ctx().channel().eventLoop());
    }

    Limits limits() {
        return limits;
    }

    BufferMemory memory() {
        return memory;
    }

    Channel channel() {
        return ctx().channel();
    }

    boolean draining() {
        return draining || planner.draining();
    }

    void bytesArrived() {
        if (phase == Phase.AWAITING) {
            phase = Phase.HEAD;
            postpone(limits.headerTimeout());
        }
    }

    private void postpone(Duration timeout) {
        if (timer != null) {
            timer.postpone(timeout);
        }
    }

    /** Something moved. */
    void touched() {
        postpone(limits.streamIdleTimeout());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        if (tunnel) {
            ctx.fireChannelRead(msg);
        } else {
            inbox.offer(msg);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (tunnel) {
            ctx.fireChannelReadComplete();
        } else {
            inbox.readComplete();
        }
    }

    private void received(Object msg) {
        if (phase == Phase.CLOSING) {
            ReferenceCountUtil.release(msg);
            inbox.read();
            return;
        }
        if (msg instanceof HttpRequest request) {
            begin(request);
        }
        if (msg instanceof HttpContent content) {
            if (exchange != null) {
                exchange.requestContent(withoutHead(content));
            } else {
                content.release();
                inbox.read();
            }
        } else if (!(msg instanceof HttpRequest)) {
            ReferenceCountUtil.release(msg);
        }
    }

    // An HTTP/2 request without body comes as one message; the head went on by itself, and encoders take it just once.
    private static HttpContent withoutHead(HttpContent content) {
        return content instanceof HttpRequest ? new DefaultLastHttpContent(content.content()) : content;
    }

    private void settled() {
        if (exchange != null) {
            exchange.requestSettled();
        }
    }

    private void begin(HttpRequest request) {
        phase = Phase.EXCHANGE;
        touched();
        if (http1 != null) {
            http1.answeringHead(request.method().equals(HttpMethod.HEAD));
        }
        Exchange next = new Exchange(this, request);
        exchange = next;
        next.begin();
    }

    void read() {
        inbox.read();
    }

    /** Releases the message. */
    void write(HttpObject message) {
        ChannelFuture write = ctx().write(message);
        lastWrite = write;
        write.addListener(written);
    }

    // What follows must not go out without it.
    private void written(ChannelFuture write) {
        if (!write.isSuccess() && BufferMemory.exhausted(write.cause())) {
            outOfMemory();
        }
    }

    private void outOfMemory() {
        CloseCause.OUT_OF_MEMORY.of(ctx().channel());
        phase = Phase.CLOSING;
        lose();
        ctx().close();
    }

    private void lose() {
        Exchange lost = exchange;
        exchange = null;
        if (lost != null) {
            lost.clientGone(CloseCause.outOfMemory(ctx().channel())
                    ? FailureCause.OUT_OF_MEMORY : FailureCause.CLIENT_CLOSED);
        }
    }

    void flush() {
        ctx().flush();
    }

    boolean isWritable() {
        return ctx().channel().isWritable();
    }

    /** The exchange is over and its answer written. */
    void ended(boolean keepOpen, boolean requestComplete) {
        exchange = null;
        if (phase == Phase.CLOSING) {
            return; // it could not be written
        }
        if (http1 == null) {
            if (!requestComplete) {
                phase = Phase.CLOSING;
                declineRest();
            }
        } else if (keepOpen && requestComplete && !draining()) {
            phase = Phase.AWAITING;
            postpone(limits.keepAliveTimeout());
            inbox.read();
        } else {
            closeGently(requestComplete);
        }
    }

    // Not as CANCEL, which would let the client throw the answer away (RFC 9113, 8.1). And only when the answer is out:
    // DATA waits for its flush and its window, and a reset would overtake it.
    private void declineRest() {
        ChannelFuture answer = lastWrite == null ? ctx().newSucceededFuture() : lastWrite;
        answer.addListener(out -> ctx().writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR))
                .addListener(ChannelFutureListener.CLOSE));
    }

    /** The exchange is over, but for the empty end of its request, which is read before the next head. */
    void endedBeforeLast() {
        exchange = null;
        if (http1 != null && phase != Phase.CLOSING) {
            phase = Phase.AWAITING;
            postpone(limits.keepAliveTimeout());
            inbox.read();
        }
    }

    // Closing with unread input makes TCP reset the connection, and the client may never see the answer.
    private void closeGently(boolean requestComplete) {
        phase = Phase.CLOSING;
        (draining() ? CloseCause.DRAINED : CloseCause.ANSWERED).of(ctx().channel());
        ctx().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> {
            if (requestComplete || !(ctx().channel() instanceof SocketChannel socket)
                    || ctx().pipeline().get(SslHandler.class) != null) {
                ctx().close();
                return;
            }
            socket.shutdownOutput();
            ctx().executor().schedule(() -> socket.close(), LINGER.toMillis(), TimeUnit.MILLISECONDS);
            inbox.read();
        });
    }

    /** The exchange cannot be completed: the client must not take what it has for the whole answer. */
    void abort() {
        exchange = null;
        phase = Phase.CLOSING;
        CloseCause.BROKEN.of(ctx().channel());
        ctx().close();
    }

    /** Leaves HTTP behind; the handler of a relay, or a detection, follows. */
    void takeOver(Consumer<Channel> taker) {
        tunnel = true;
        exchange = null;
        inbox.discard();
        if (timer != null) {
            timer.cancel();
        }
        Channel channel = ctx().channel();
        taker.accept(channel);
        if (channel.isActive()) {
            channel.pipeline().remove(HeadWatch.class);
            channel.pipeline().remove(RequestDecoder.class);
            channel.pipeline().remove(ResponseEncoder.class);
            channel.pipeline().remove(this);
        }
    }

    /** Joins client and upstream after an upgrade. */
    void tunnelTo(HttpStream stream, Relay.Observer observer) {
        takeOver(channel -> {
            Channel other = stream.takeOver();
            if (other == null) {
                observer.ended(Relay.End.RESET, 0, 0);
                channel.close();
            } else {
                Relay.join(channel, other, limits.streamIdleTimeout(), observer);
                stream.dropCodec();
            }
        });
    }

    private void expired() {
        CloseCause.IDLE.of(ctx().channel());
        if (timer != null) {
            // What it ends is answered at best, and the connection stays, for the next request or until the answer is taken.
            timer.expireIn(limits.streamIdleTimeout());
        }
        switch (phase) {
            case AWAITING -> ctx().close();
            case HEAD -> headTooSlow();
            case EXCHANGE -> {
                if (exchange != null) {
                    exchange.idle();
                } else {
                    ctx().close();
                }
            }
            case CLOSING -> ctx().close();
        }
    }

    private void headTooSlow() {
        planner.newFlow().protocol(FlowProtocol.HTTP1)
                .finish(FailureCause.IDLE_TIMEOUT.httpStatus(), FailureCause.IDLE_TIMEOUT);
        ctx().write(MeshAnswer.refusal(FailureCause.IDLE_TIMEOUT, "the headers were not complete in time", false));
        closeGently(true);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (tunnel) {
            ctx.fireChannelWritabilityChanged();
        } else if (exchange != null && ctx.channel().isWritable()) {
            exchange.clientWritable();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == DrainEvent.INSTANCE) {
            draining = true;
            if (phase == Phase.AWAITING && http1 != null && !tunnel) {
                CloseCause.DRAINED.of(ctx.channel());
                ctx.close();
            }
        } else if (event instanceof Http2ResetFrame) {
            // The channel of a stream that has ended is closed when all was read; the exchange may be waiting with that.
            ctx.executor().execute(ctx::close);
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel();
        }
        inbox.discard();
        lose();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (tunnel) {
            ctx.fireExceptionCaught(cause);
        } else if (BufferMemory.exhausted(cause)) {
            outOfMemory();
        } else {
            ctx.close(); // a reset by the client; the exchange records it as client_closed
        }
    }
}
