package dev.meshctl.control.admission.server;

import dev.meshctl.runtime.daemon.Counters;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Ends a connection whose request does not arrive whole in time. */
final class RequestDeadline extends ChannelInboundHandlerAdapter {
    private static final long SECONDS = 10;

    private final Counters counters;
    private @Nullable Future<?> deadline;

    RequestDeadline(Counters counters) {
        this.counters = counters;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest) {
            stop();
            deadline = ctx.executor().schedule(() -> {
                counters.increment("webhook_unfinished");
                ctx.close();
            }, SECONDS, TimeUnit.SECONDS);
        }
        if (message instanceof LastHttpContent) {
            stop();
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        stop();
        ctx.fireChannelInactive();
    }

    private void stop() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }
}
