package dev.meshctl.proxy.tcp;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Keeps bytes that were read before it is known where they go; hands them on when it is removed. With auto-read off
 * that is one read, or what a client sent before it ended its output.
 */
public final class HoldHandler extends ChannelInboundHandlerAdapter {
    private final Queue<Object> held = new ArrayDeque<>(2);

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        held.add(msg);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        // told when there is somebody to tell
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        Object message;
        while ((message = held.poll()) != null) {
            if (ctx.channel().isActive()) {
                ctx.fireChannelRead(message);
            } else {
                ReferenceCountUtil.release(message);
            }
        }
        ctx.fireChannelReadComplete();
    }
}
