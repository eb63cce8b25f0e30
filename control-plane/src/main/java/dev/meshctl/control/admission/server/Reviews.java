package dev.meshctl.control.admission.server;

import dev.meshctl.control.admission.webhook.Webhook;
import dev.meshctl.runtime.daemon.Counters;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.IdleStateEvent;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLException;

/** Hands each review to the webhook of its path, on a worker thread, and the answer back. */
final class Reviews extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final String PLAIN = "text/plain; charset=utf-8";

    private final Map<String, Webhook> webhooks;
    private final Executor workers;
    private final Counters counters;

    Reviews(Map<String, Webhook> webhooks, Executor workers, Counters counters) {
        this.webhooks = webhooks;
        this.workers = workers;
        this.counters = counters;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            refuse(ctx, "webhook_garbage", 400, "this is no HTTP/1.1 request");
            return;
        }
        Webhook webhook = webhooks.get(new QueryStringDecoder(request.uri()).path());
        if (webhook == null) {
            refuse(ctx, "webhook_unknown_path", 404, "there is no webhook here; there are " + String.join(", ",
                    webhooks.keySet().stream().sorted().toList()));
        } else if (!request.method().equals(HttpMethod.POST)) {
            refuse(ctx, "webhook_other_method", 405, "reviews are sent by POST");
        } else {
            answer(ctx, webhook, ByteBufUtil.getBytes(request.content()));
        }
    }

    private void answer(ChannelHandlerContext ctx, Webhook webhook, byte[] body) {
        try {
            workers.execute(() -> {
                Webhook.Reply reply = webhook.answer(body);
                ctx.executor().execute(() -> write(ctx, reply.status(), reply.contentType(), reply.body()));
            });
        } catch (RejectedExecutionException e) {
            refuse(ctx, "webhook_overloaded", 503, "too many reviews at a time");
        }
    }

    private void refuse(ChannelHandlerContext ctx, String cause, int status, String why) {
        counters.increment(cause);
        write(ctx, status, PLAIN, (why + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void write(ChannelHandlerContext ctx, int status, String contentType, byte[] body) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(body));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType).set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        if (status == 405) {
            response.headers().set(HttpHeaderNames.ALLOW, "POST");
        }
        ctx.writeAndFlush(response);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent) {
            ctx.close();
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Throwable inner = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        counters.increment(inner instanceof SSLException ? "webhook_tls_failed"
                : inner instanceof TooLongFrameException ? "webhook_too_large" : "webhook_unfinished");
        ctx.close();
    }
}
