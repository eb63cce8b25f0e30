package dev.meshctl.runtime.daemon;

import dev.meshctl.runtime.daemon.HttpPort.Document;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.ReferenceCountUtil;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What happens on the connections of a {@link HttpPort}. */
record HttpExchanges(Map<String, Supplier<Document>> documents, Executor workers, Counters counters) {
    private static final Logger LOG = System.getLogger(HttpExchanges.class.getName());
    private static final long REQUEST_SECONDS = 10;
    private static final long ANSWER_SECONDS = 30;

    ChannelInboundHandlerAdapter newHandler() {
        return new Connection();
    }

    /** Of the origin form, or of the absolute form, which a server must take as well (RFC 9112, 3.2.2). */
    private static String path(String target) {
        int authority = target.startsWith("/") ? -1 : target.indexOf("://");
        int slash = authority < 0 ? 0 : target.indexOf('/', authority + 3);
        return slash < 0 ? "/" : new QueryStringDecoder(target.substring(slash)).path();
    }

    private Document make(String path, HttpMethod method) {
        Supplier<Document> document = documents.get(path);
        if (document == null) {
            return Document.text(404, "text/plain", "");
        }
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            return Document.text(405, "text/plain", "");
        }
        try {
            return document.get();
        } catch (RuntimeException e) {
            counters.increment("http_document_failed");
            LOG.log(Level.ERROR, "answer to " + path + " failed", e);
            return Document.text(500, "text/plain", "");
        }
    }

    /** One connection; all but the making of a document happens on its event loop. */
    private final class Connection extends ChannelInboundHandlerAdapter {
        private @Nullable HttpRequest request;
        private @Nullable Future<?> deadline;
        private boolean answered;
        private boolean ended;

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            expect(ctx, REQUEST_SECONDS);
        }

        private void expect(ChannelHandlerContext ctx, long seconds) {
            stopWaiting();
            deadline = ctx.executor().schedule(() -> end(ctx, "http_unfinished"), seconds, TimeUnit.SECONDS);
        }

        private void stopWaiting() {
            if (deadline != null) {
                deadline.cancel(false);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            try {
                if (msg instanceof HttpRequest arrived) {
                    read(ctx, arrived);
                }
                if (msg instanceof LastHttpContent && request != null) {
                    answer(ctx, request);
                }
            } finally {
                // The content of a request is of no interest.
                ReferenceCountUtil.release(msg);
            }
        }

        private void read(ChannelHandlerContext ctx, HttpRequest arrived) {
            if (request != null) {
                // One request at a time: nobody who reads documents sends the next one before the answer.
                end(ctx, "http_pipelined");
            } else if (arrived.decoderResult().isFailure()) {
                count("http_garbage");
                write(ctx, Document.text(400, "text/plain", ""), true);
            } else {
                request = arrived;
            }
        }

        private void answer(ChannelHandlerContext ctx, HttpRequest asked) {
            String path = path(asked.uri());
            expect(ctx, ANSWER_SECONDS);
            workers.execute(() -> {
                Document document = make(path, asked.method());
                ctx.executor().execute(() -> write(ctx, document, false));
            });
        }

        private void write(ChannelHandlerContext ctx, Document document, boolean last) {
            boolean head = request != null && request.method().equals(HttpMethod.HEAD);
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(document.status()),
                    head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(document.body()));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, document.contentType())
                    .set(HttpHeaderNames.CONTENT_LENGTH, document.body().length);
            if (document.status() == 405) {
                response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
            }
            ctx.writeAndFlush(response).addListener(written -> {
                answered = true;
                request = null;
                if (last || !written.isSuccess()) {
                    ctx.close();
                } else {
                    expect(ctx, REQUEST_SECONDS);
                }
            });
        }

        private void count(String cause) {
            if (!ended) {
                ended = true;
                counters.increment(cause);
            }
        }

        private void end(ChannelHandlerContext ctx, String cause) {
            // A connection that is kept open after an answer may end at any time.
            if (!answered || request != null) {
                count(cause);
            }
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            stopWaiting();
            end(ctx, "http_unfinished");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            boolean tls = cause instanceof SSLException || cause.getCause() instanceof SSLException;
            end(ctx, tls ? "http_tls_failed" : "http_unfinished");
        }
    }
}
