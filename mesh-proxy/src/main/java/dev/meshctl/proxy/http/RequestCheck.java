package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.FailureCause;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Refuses requests that a proxy and an application could read differently. */
record RequestCheck(FailureCause cause, String detail) {

    /** Null if the request is fine. */
    static @Nullable RequestCheck of(HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return undecodable(request.decoderResult().cause());
        }
        boolean http10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
        if (!http10 && !request.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
            return new RequestCheck(FailureCause.HTTP_VERSION, "expected HTTP/1.1 or HTTP/1.0");
        }
        HttpHeaders headers = request.headers();
        List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1) {
            return bad("more than one host header");
        }
        if (hosts.isEmpty() && !http10 && request.uri().startsWith("/")) {
            return bad("no host header");
        }
        return framing(headers, http10);
    }

    private static @Nullable RequestCheck framing(HttpHeaders headers, boolean http10) {
        List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (!codings.isEmpty()) {
            if (http10 || codings.size() > 1 || !codings.getFirst().trim().equalsIgnoreCase("chunked")) {
                return bad("a transfer-encoding other than a single \"chunked\"");
            }
            if (headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
                return bad("both content-length and transfer-encoding");
            }
        }
        return headers.getAll(HttpHeaderNames.CONTENT_LENGTH).size() > 1 ? bad("more than one content-length") : null;
    }

    private static RequestCheck undecodable(@Nullable Throwable cause) {
        if (cause instanceof TooLongHttpHeaderException || cause instanceof TooLongHttpLineException) {
            return new RequestCheck(FailureCause.HEADERS_TOO_LARGE, "more bytes than the proxy accepts");
        }
        return bad(cause instanceof RequestDecoder.Ambiguous ambiguous
                ? ambiguous.detail() : "the request line or a header is malformed");
    }

    private static RequestCheck bad(String detail) {
        return new RequestCheck(FailureCause.BAD_REQUEST, detail);
    }
}
