package dev.meshctl.proxy.http;

import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;

/** Writes HTTP/1 answers; those to HEAD have no body whatever their headers say. */
final class ResponseEncoder extends HttpResponseEncoder {
    private boolean answeringHead;

    void answeringHead(boolean head) {
        answeringHead = head;
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpResponse response) {
        return answeringHead || super.isContentAlwaysEmpty(response);
    }
}
