package dev.meshctl.proxy.http;

import io.netty.handler.codec.http.HttpContent;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/** What was received of a request's body, as long as it is small enough to be sent again. */
final class ReplayBuffer {
    private final int maxBytes;
    private final Queue<HttpContent> contents = new ArrayDeque<>(2);
    private int bytes;
    private boolean whole = true;

    ReplayBuffer(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Keeps a reference of its own, unless the bound is reached. */
    void add(HttpContent content) {
        if (!whole) {
            return;
        }
        int more = content.content().readableBytes();
        if (bytes + more > maxBytes) {
            release();
            return;
        }
        bytes += more;
        contents.add(content.retainedDuplicate());
    }

    /** True if everything received so far is here. */
    boolean whole() {
        return whole;
    }

    /** Hands out copies that the receiver releases. */
    void replay(Consumer<HttpContent> to) {
        contents.forEach(content -> to.accept(content.retainedDuplicate()));
    }

    void release() {
        whole = false;
        HttpContent content;
        while ((content = contents.poll()) != null) {
            content.release();
        }
    }
}
