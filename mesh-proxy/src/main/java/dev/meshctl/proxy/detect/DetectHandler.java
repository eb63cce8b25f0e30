package dev.meshctl.proxy.detect;

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
 * Waits for bytes that tell a protocol, tells the sink once, and leaves the pipeline; the bytes go to the
 * handlers that the sink has added. Works with auto-read off.
 */
public final class DetectHandler extends ByteToMessageDecoder {
    /** Prepares the pipeline for the protocol, or closes the channel. */
    @FunctionalInterface
    public interface Sink {
        void detected(ChannelHandlerContext ctx, Detected what);
    }

    private final Duration timeout;
    private final Sink sink;
    private @Nullable Future<?> timer;
    private boolean decided;

    public DetectHandler(Duration timeout, Sink sink) {
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

    // Some bytes, but none that settle it, are as good as opaque: the client waits for an answer.
    private void expired(ChannelHandlerContext ctx) {
        if (!decided && !ctx.isRemoved()) {
            decide(ctx, actualReadableBytes() > 0 ? Detected.OPAQUE : Detected.SILENT);
        }
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (decided) {
            in.skipBytes(in.readableBytes());
            return;
        }
        Detected what = ProtocolDetector.detect(in);
        if (what != null) {
            decide(ctx, what);
            if (!ctx.isRemoved()) {
                in.skipBytes(in.readableBytes());
            }
        }
    }

    private void decide(ChannelHandlerContext ctx, Detected what) {
        decided = true;
        if (timer != null) {
            timer.cancel(false);
        }
        sink.detected(ctx, what);
        if (ctx.channel().isActive() && !ctx.isRemoved()) {
            ctx.pipeline().remove(this);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        CloseCause.noteOutOfMemory(ctx.channel(), cause);
        ctx.close();
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        decided = true;
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
