package dev.meshctl.proxy.tls;

import dev.meshctl.proxy.flow.CloseCause;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * First handler of an accepted connection that should speak TLS: waits for the ClientHello, tells the sink
 * once, and leaves the pipeline; the bytes, untouched, go to whatever handlers the sink has added. Works with
 * auto-read off.
 */
public final class ClientHelloHandler extends ByteToMessageDecoder {
    /** Hears what came. Either prepares the pipeline for the bytes, or closes the channel. */
    public interface Sink {
        void hello(ChannelHandlerContext ctx, ClientHello.Peek.Hello hello);

        void notTls(ChannelHandlerContext ctx, String why);

        /** Asked first about what is no TLS. True if the pipeline is prepared for the bytes as they are. */
        default boolean takesPlain(ChannelHandlerContext ctx) {
            return false;
        }

        /** Nothing, or only a part, came in time. */
        void timedOut(ChannelHandlerContext ctx);

        /** Closed before the hello was whole; {@code bytes} is what came until then. */
        default void gone(ChannelHandlerContext ctx, int bytes) {}
    }

    private final Duration timeout;
    private final Sink sink;
    private @Nullable Future<?> timer;
    private boolean decided;

    public ClientHelloHandler(Duration timeout, Sink sink) {
        this.timeout = timeout;
        this.sink = sink;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
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
            timer = ctx.executor().schedule(() -> expired(ctx), timeout.toNanos(), TimeUnit.NANOSECONDS);
            ctx.read();
        }
    }

    private void expired(ChannelHandlerContext ctx) {
        if (!decided) {
            decided = true;
            sink.timedOut(ctx);
        }
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (decided) {
            in.skipBytes(in.readableBytes());
            return;
        }
        switch (ClientHello.peek(in)) {
            case ClientHello.Peek.Incomplete incomplete -> {}
            case ClientHello.Peek.NotTls notTls -> {
                decide();
                if (sink.takesPlain(ctx)) {
                    ctx.pipeline().remove(this);
                    return;
                }
                in.skipBytes(in.readableBytes());
                sink.notTls(ctx, notTls.why());
            }
            case ClientHello.Peek.Hello hello -> {
                decide();
                sink.hello(ctx, hello);
                if (ctx.channel().isActive()) {
                    ctx.pipeline().remove(this);
                } else {
                    in.skipBytes(in.readableBytes());
                }
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        if (!decided) {
            decide();
            sink.gone(ctx, actualReadableBytes());
        }
        super.channelInactive(ctx);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        CloseCause.noteOutOfMemory(ctx.channel(), cause);
        ctx.close();
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        decide();
    }

    private void decide() {
        decided = true;
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
