package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.Limits;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;

/**
 * Reads HTTP/1 requests strictly. A message whose end is told in two ways is refused, not repaired: what a
 * proxy and an application read differently is how requests are smuggled.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9112#section-6.1">RFC 9112, 6.1</a>
 */
final class RequestDecoder extends HttpRequestDecoder {
    RequestDecoder(Limits limits) {
        super(config(limits));
    }

    static HttpDecoderConfig config(Limits limits) {
        return new HttpDecoderConfig()
                .setMaxInitialLineLength(limits.maxHeaderBytes())
                .setMaxHeaderSize(limits.maxHeaderBytes())
                .setMaxChunkSize(16 * 1024)
                .setAllowDuplicateContentLengths(false)
                .setUseRfc9112TransferEncoding(true)
                .setStrictLineParsing(true);
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new Ambiguous("both " + HttpHeaderNames.CONTENT_LENGTH + " and "
                + HttpHeaderNames.TRANSFER_ENCODING + " in one " + HttpVersion.HTTP_1_1 + " request");
    }

    /** A message whose end is told in two ways; unlike what Netty says of others, in words for the client. */
    static final class Ambiguous extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        private final String detail;

        Ambiguous(String detail) {
            super(detail);
            this.detail = detail;
        }

        String detail() {
            return detail;
        }
    }
}
