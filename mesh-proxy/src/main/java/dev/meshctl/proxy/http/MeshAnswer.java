package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.FailureCause;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/** Answers that the mesh makes itself: the only place where a cause becomes a status. */
final class MeshAnswer {
    private static final int MAX_DETAIL = 512;

    private MeshAnswer() {}

    /** For HTTP: the status, the cause in a header, and one line that says why. For gRPC: trailers only. */
    static FullHttpResponse refusal(FailureCause cause, String detail, boolean grpc) {
        String line = line(cause, detail);
        if (grpc) {
            FullHttpResponse answer = response(200, "");
            answer.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
            answer.headers().set(HttpHeaderNames.CONTENT_TYPE, Grpc.CONTENT_TYPE)
                    .set(Grpc.STATUS, Integer.toString(cause.grpcStatus()))
                    .set(Grpc.MESSAGE, Grpc.encode(line))
                    .set(MeshHeaders.ERROR, cause.label());
            return answer;
        }
        FullHttpResponse answer = response(cause.httpStatus() == 0 ? 500 : cause.httpStatus(), line + "\n");
        answer.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set(MeshHeaders.ERROR, cause.label());
        return answer;
    }

    static FullHttpResponse answer(int status, HttpHeaders extra, String body) {
        FullHttpResponse answer = response(status, body);
        answer.headers().add(extra);
        return answer;
    }

    private static FullHttpResponse response(int status, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(bytes));
        response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
        return response;
    }

    private static String line(FailureCause cause, String detail) {
        String short_ = detail.length() > MAX_DETAIL ? detail.substring(0, MAX_DETAIL) + "..." : detail;
        String clean = short_.replaceAll("\\p{Cntrl}+", " ");
        if (clean.startsWith(cause.text())) {
            return "meshctl: " + clean;
        }
        return "meshctl: " + cause.text() + (clean.isEmpty() ? "" : ": " + clean);
    }
}
