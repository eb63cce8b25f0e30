package dev.meshctl.proxy.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;

/** What the proxy knows of gRPC. */
final class Grpc {
    static final AsciiString STATUS = AsciiString.cached("grpc-status");
    static final AsciiString MESSAGE = AsciiString.cached("grpc-message");
    static final String CONTENT_TYPE = "application/grpc";

    private Grpc() {}

    static boolean is(HttpHeaders requestHeaders) {
        String type = requestHeaders.get(HttpHeaderNames.CONTENT_TYPE);
        return type != null && type.startsWith(CONTENT_TYPE)
                && (type.length() == CONTENT_TYPE.length() || "+;".indexOf(type.charAt(CONTENT_TYPE.length())) >= 0);
    }

    /** The HTTP status that a gRPC status is counted under; 200 for what is no failure of the server. */
    static int countedAs(String grpcStatus) {
        return switch (grpcStatus) {
            case "2", "13", "15" -> 500;
            case "12" -> 501;
            case "14" -> 503;
            case "4" -> 504;
            case "7" -> 403;
            case "8" -> 429;
            default -> 200;
        };
    }

    /** Percent-encodes a message as the gRPC over HTTP/2 spec asks. */
    static String encode(String message) {
        StringBuilder encoded = new StringBuilder(message.length());
        for (char c : message.toCharArray()) {
            if (c >= ' ' && c <= '~' && c != '%') {
                encoded.append(c);
            } else {
                encoded.append(c < 0x80 ? "%%%02X".formatted((int) c) : "?");
            }
        }
        return encoded.toString();
    }
}
