package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.FailureCause;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;

/** Heads of answers, and what they mean. */
final class Answers {
    private Answers() {}

    /** An interim answer, in the form that both encoders take. */
    static FullHttpResponse interim(HttpResponse response) {
        DefaultFullHttpResponse copy =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, response.status(), Unpooled.EMPTY_BUFFER);
        copy.headers().add(response.headers());
        MeshHeaders.stripHopByHop(copy.headers());
        return copy;
    }

    static FullHttpResponse tunnelOpen() {
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1,
                new HttpResponseStatus(200, "Connection established"), Unpooled.EMPTY_BUFFER);
    }

    static HttpResponse switching(HttpResponse response) {
        HttpResponse copy = new DefaultHttpResponse(HttpVersion.HTTP_1_1, response.status());
        copy.headers().add(response.headers());
        MeshHeaders.stripHopByHop(copy.headers());
        copy.headers().set(HttpHeaderNames.CONNECTION, "upgrade").set(HttpHeaderNames.UPGRADE, "websocket");
        return copy;
    }

    /** True if the other proxy says that the application saw nothing of the request. */
    static boolean neverReachedApplication(FailureCause cause) {
        return switch (cause) {
            case APP_CONNECT_FAILED, OVERLOADED, DRAINING -> true;
            default -> false;
        };
    }

    /** gRPC failures are counted under the HTTP status that says the same. */
    static int countedStatus(int status, HttpHeaders headersOrTrailers, boolean grpc) {
        String grpcStatus = grpc ? headersOrTrailers.get(Grpc.STATUS) : null;
        int counted = grpcStatus == null ? 200 : Grpc.countedAs(grpcStatus);
        return status == 200 && counted != 200 ? counted : status;
    }

    static boolean hasBody(int status, HttpMethod method) {
        return status != 204 && status != 304 && !method.equals(HttpMethod.HEAD);
    }
}
