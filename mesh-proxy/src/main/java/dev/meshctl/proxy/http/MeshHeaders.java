package dev.meshctl.proxy.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Headers that the proxies set, pass on, or take out. */
public final class MeshHeaders {
    /** The cause, on answers that the mesh made. */
    public static final AsciiString ERROR = AsciiString.cached("x-meshctl-error");

    /** {@code <cluster>/<version>} of the endpoint that answered. */
    public static final AsciiString SERVED_BY = AsciiString.cached("x-meshctl-served-by");

    /** The verified caller, for the application. */
    public static final AsciiString CLIENT_CERT = AsciiString.cached("x-forwarded-client-cert");

    static final AsciiString TRACEPARENT = AsciiString.cached("traceparent");

    private static final List<AsciiString> HOP_BY_HOP = List.of(
            HttpHeaderNames.CONNECTION, AsciiString.cached("keep-alive"), AsciiString.cached("proxy-connection"),
            HttpHeaderNames.PROXY_AUTHORIZATION, HttpHeaderNames.PROXY_AUTHENTICATE, HttpHeaderNames.UPGRADE,
            AsciiString.cached("http2-settings"));
    // A client that sends these itself must not steer the translation to HTTP/2.
    private static final List<AsciiString> TRANSLATION = List.of(
            HttpConversionUtil.ExtensionHeaderNames.STREAM_ID.text(),
            HttpConversionUtil.ExtensionHeaderNames.SCHEME.text(),
            HttpConversionUtil.ExtensionHeaderNames.PATH.text(),
            HttpConversionUtil.ExtensionHeaderNames.STREAM_PROMISE_ID.text(),
            HttpConversionUtil.ExtensionHeaderNames.STREAM_DEPENDENCY_ID.text(),
            HttpConversionUtil.ExtensionHeaderNames.STREAM_WEIGHT.text());

    private MeshHeaders() {}

    /**
     * Takes out what concerns one connection only, as RFC 9110, 7.6.1 asks. Framing headers stay; {@code te} is
     * left only as {@code trailers}, which gRPC needs.
     */
    static void stripHopByHop(HttpHeaders headers) {
        for (String value : headers.getAll(HttpHeaderNames.CONNECTION)) {
            for (String name : value.split(",")) {
                String nominated = name.trim().toLowerCase(Locale.ROOT);
                if (!nominated.isEmpty() && !isFraming(nominated)) {
                    headers.remove(nominated);
                }
            }
        }
        HOP_BY_HOP.forEach(headers::remove);
        TRANSLATION.forEach(headers::remove);
        if (headers.contains(HttpHeaderNames.TE)) {
            boolean trailers = headers.containsValue(HttpHeaderNames.TE, "trailers", true);
            headers.remove(HttpHeaderNames.TE);
            if (trailers) {
                headers.set(HttpHeaderNames.TE, "trailers");
            }
        }
    }

    /** Takes out what a caller says of its own identity, also in spellings that some servers read as the same. */
    public static void stripIdentity(HttpHeaders headers) {
        headers.remove(CLIENT_CERT);
        CharSequence other;
        while ((other = otherSpelling(headers)) != null) {
            headers.remove(other);
        }
    }

    // CGI, and all that follow it, know variables in which "-" and "_" are the same.
    private static @Nullable CharSequence otherSpelling(HttpHeaders headers) {
        var fields = headers.iteratorCharSequence();
        while (fields.hasNext()) {
            CharSequence name = fields.next().getKey();
            if (name.length() == CLIENT_CERT.length()
                    && CLIENT_CERT.contentEqualsIgnoreCase(name.toString().replace('_', '-'))) {
                return name;
            }
        }
        return null;
    }

    /** Takes out of trailers what must not come after a request was routed and authorized (RFC 9110, 6.5.1). */
    static void stripTrailers(HttpHeaders trailers) {
        if (!trailers.isEmpty()) {
            stripHopByHop(trailers);
            stripIdentity(trailers);
            trailers.remove(HttpHeaderNames.HOST).remove(HttpHeaderNames.AUTHORIZATION);
        }
    }

    private static boolean isFraming(String name) {
        return name.equals("content-length") || name.equals("transfer-encoding") || name.equals("host")
                || name.equals("te") || name.startsWith("x-meshctl-") || name.equals("x-forwarded-client-cert")
                || name.equals("traceparent") || name.equals("authorization");
    }

    /** The trace id of the request; a valid {@code traceparent} is kept, otherwise one is made. */
    static String traceId(HttpHeaders headers, RandomGenerator random) {
        String given = headers.get(TRACEPARENT);
        if (given != null) {
            String trace = TraceParent.traceId(given);
            if (trace != null) {
                return trace;
            }
        }
        TraceParent made = TraceParent.make(random);
        headers.set(TRACEPARENT, made.text());
        return made.traceId();
    }
}
