package dev.meshctl.gateway.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.timeout.IdleStateEvent;
import java.util.concurrent.atomic.LongAdder;

/**
 * One direction of a relay: what is read here is written to the other channel.
 *
 * <p>Back-pressure: reading stops when the other channel has more than its high water mark (64 KiB) of
 * unwritten bytes, and goes on when it has less than its low one. So a slow reader slows its writer, and a
 * relay never holds more than that and one read in each direction. The two channels may be on different
 * event loops (the gateway's own servers are), so after reading is turned off the other side is asked
 * once more: it may have become writable in between.
 *
 * <p>Half-close: the end of input is passed on after all that came before it.
 */
final class RelayHandler extends ChannelInboundHandlerAdapter {
    private final Channel other;
    private final LongAdder bytes;
    private final LongAdder errors;

    /**
     * @param bytes counts what is relayed in this direction
     * @param errors counts resets and the like
     */
    RelayHandler(Channel other, LongAdder bytes, LongAdder errors) {
        this.other = other;
        this.bytes = bytes;
        this.errors = errors;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        bytes.add(((ByteBuf) msg).readableBytes());
        other.write(msg, other.voidPromise());
        if (!other.isWritable()) {
            ctx.channel().config().setAutoRead(false);
            if (other.isWritable()) {
                ctx.channel().config().setAutoRead(true);
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        other.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        Channel self = ctx.channel();
        if (!self.isWritable()) {
            self.flush();
        }
        other.eventLoop().execute(() -> other.config().setAutoRead(self.isWritable()));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            endOutput();
        } else if (event instanceof IdleStateEvent) {
            ctx.close();
        }
        ctx.fireUserEventTriggered(event);
    }

    /** Passes the end of this side's input on. */
    void endOutput() {
        // Through the queue, for a shutdown of the output at once would drop what still waits in it.
        other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(future -> {
            if (other instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
                if (duplex.isInputShutdown()) {
                    // Both directions have ended; nothing else would close it.
                    duplex.close();
                }
            } else {
                other.close();
            }
        });
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        errors.increment();
        ctx.close();
    }
}
