package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** Hands an answer to the client as fast as the client takes it. */
final class AnswerRelay {
    private final Exchange exchange;
    private final HttpServerHandler client;
    private final HttpStream upstream;
    private final FlowBuilder flow;
    private final @Nullable FailureCause cause;
    private final boolean grpc;
    private int status;
    private boolean keepClient;
    private final boolean upstreamReusable;
    private boolean waiting;
    private boolean unflushed;

    AnswerRelay(Exchange exchange, HttpServerHandler client, HttpStream upstream, FlowBuilder flow, int status,
            @Nullable FailureCause cause, boolean grpc, boolean upstreamReusable) {
        this.exchange = exchange;
        this.client = client;
        this.upstream = upstream;
        this.flow = flow;
        this.status = status;
        this.cause = cause;
        this.grpc = grpc;
        this.upstreamReusable = upstreamReusable;
    }

    int status() {
        return status;
    }

    /** Releases the response. */
    void head(HttpResponse response, HttpMethod method, boolean http10, boolean keepAlive) {
        HttpResponse copy = new DefaultHttpResponse(HttpVersion.HTTP_1_1, response.status(), response.headers());
        keepClient = frame(copy.headers(), Answers.hasBody(status, method), http10, keepAlive);
        status = Answers.countedStatus(status, response.headers(), grpc);
        if (response instanceof LastHttpContent last) {
            endOfHeadOnly(copy, last);
            return;
        }
        write(copy);
        next();
    }

    private void write(HttpObject message) {
        client.write(message);
        unflushed = true;
    }

    /** Flushes what came at once as one: a head and a short body are one segment, and one TLS record. */
    void settled() {
        if (unflushed) {
            unflushed = false;
            client.flush();
        }
    }

    // One message stays one: a gRPC answer of trailers only must not become headers and an empty end.
    private void endOfHeadOnly(HttpResponse head, LastHttpContent last) {
        flow.sent(last.content().readableBytes());
        status = Answers.countedStatus(status, last.trailingHeaders(), grpc);
        client.write(new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, head.status(), last.content(), head.headers(), last.trailingHeaders()));
        client.flush();
        exchange.answered(status, cause, upstreamReusable, keepClient);
    }

    // The end of a body without length is told by chunks to HTTP/1.1, by closing to HTTP/1.0.
    private boolean frame(HttpHeaders headers, boolean hasBody, boolean http10, boolean keepAlive) {
        if (client.http2()) {
            headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
            return true;
        }
        boolean length = headers.contains(HttpHeaderNames.CONTENT_LENGTH);
        if (http10) {
            headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
        } else if (hasBody && !length) {
            headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        if (!keepAlive) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        return keepAlive;
    }

    /** Releases the message. */
    void content(HttpObject message) {
        if (!(message instanceof HttpContent content)) {
            ReferenceCountUtil.release(message);
            cut(FailureCause.UPSTREAM_PROTOCOL);
            return;
        }
        if (content.decoderResult().isFailure()) {
            content.release();
            cut(FailureCause.UPSTREAM_PROTOCOL);
            return;
        }
        flow.sent(content.content().readableBytes());
        if (content instanceof LastHttpContent last) {
            status = Answers.countedStatus(status, last.trailingHeaders(), grpc);
            write(content);
            settled();
            exchange.answered(status, cause, upstreamReusable, keepClient);
        } else {
            write(content);
            next();
        }
    }

    private void next() {
        if (client.isWritable()) {
            upstream.read();
        } else {
            waiting = true;
        }
    }

    void clientWritable() {
        if (waiting) {
            waiting = false;
            upstream.read();
        }
    }

    void cut(FailureCause why) {
        settled();
        exchange.broken(status, why);
    }
}
