package dev.meshctl.proxy.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;

/**
 * A request that ends with its head. In HTTP/2 it is one HEADERS frame with END_STREAM: one frame less to send, and no
 * DATA frame that a server may take for an error when it arrives after its GOAWAY.
 */
final class RequestWithoutBody {
    private RequestWithoutBody() {}

    /** Whether this ends a request and carries nothing. */
    static boolean isEnd(HttpObject message) {
        return message instanceof LastHttpContent last && !last.content().isReadable() && last.trailingHeaders().isEmpty();
    }

    /** Head and end in one; takes over the end. */
    static FullHttpRequest of(HttpRequest head, HttpObject end) {
        ReferenceCountUtil.release(end);
        return new DefaultFullHttpRequest(head.protocolVersion(), head.method(), head.uri(), Unpooled.EMPTY_BUFFER,
                head.headers(), EmptyHttpHeaders.INSTANCE);
    }
}
