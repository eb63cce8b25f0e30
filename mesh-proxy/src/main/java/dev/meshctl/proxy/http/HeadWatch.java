package dev.meshctl.proxy.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Sees raw bytes before they are decoded, so that a head that trickles in is told from an idle connection. */
final class HeadWatch extends ChannelInboundHandlerAdapter {
    private final HttpServerHandler handler;

    HeadWatch(HttpServerHandler handler) {
        this.handler = handler;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        handler.bytesArrived();
        ctx.fireChannelRead(msg);
    }
}
