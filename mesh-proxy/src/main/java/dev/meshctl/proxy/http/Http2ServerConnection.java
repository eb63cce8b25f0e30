package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.DrainEvent;
import dev.meshctl.proxy.flow.LazyTimer;
import dev.meshctl.proxy.flow.Limits;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The life of an accepted HTTP/2 connection: closes it when idle, says GOAWAY when draining, ends its streams with it. */
final class Http2ServerConnection extends ChannelInboundHandlerAdapter {
    private final Limits limits;
    private @Nullable ChannelHandlerContext context;
    private @Nullable LazyTimer idle;
    private final Set<Channel> active = new HashSet<>();
    private boolean draining;

    Http2ServerConnection(Limits limits) {
        this.limits = limits;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        idle = new LazyTimer(ctx.executor(), Duration.ofSeconds(5), () -> expired(ctx));
        idle.expireIn(limits.keepAliveTimeout());
    }

    void opened(Channel stream) {
        active.add(stream);
        stream.closeFuture().addListener(f -> {
            active.remove(stream);
            if (active.isEmpty() && context != null && idle != null) {
                idle.postpone(limits.keepAliveTimeout());
                if (draining) {
                    end(context, CloseCause.DRAINED);
                }
            }
        });
    }

    /** A client that sends a request just now knows by the GOAWAY that it was not served. */
    private static void end(ChannelHandlerContext ctx, CloseCause cause) {
        cause.of(ctx.channel());
        Http2Pipelines.leave(ctx.channel());
    }

    private void expired(ChannelHandlerContext ctx) {
        if (active.isEmpty()) {
            end(ctx, CloseCause.IDLE);
        } else if (idle != null) {
            idle.expireIn(limits.keepAliveTimeout());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        ReferenceCountUtil.release(msg); // SETTINGS, PING: the codec has answered them
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == DrainEvent.INSTANCE && !draining) {
            draining = true;
            if (active.isEmpty()) {
                end(ctx, CloseCause.DRAINED);
            } else {
                // First a GOAWAY that refuses nothing: what crosses it on its way is still served (RFC 9113, 6.8).
                ctx.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
            }
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (idle != null) {
            idle.cancel();
        }
        // One of which something was not read yet would otherwise be told only when that is asked for.
        for (Channel stream : List.copyOf(active)) {
            stream.close();
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        CloseCause.noteOutOfMemory(ctx.channel(), cause);
        ctx.close(); // a reset or a broken frame; the streams record what they lose
    }
}
