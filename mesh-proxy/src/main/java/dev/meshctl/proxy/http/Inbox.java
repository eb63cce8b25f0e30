package dev.meshctl.proxy.http;

import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Messages of an upstream, handed on one for each {@link #read()}. One read of a socket may decode to several;
 * the others wait here, also beyond the close of the channel, which is told only after the last of them: an
 * answer followed at once by a close is an answer.
 */
final class Inbox {
    private final Queue<Object> messages = new ArrayDeque<>();
    private final Consumer<Object> deliver;
    private final Runnable readMore;
    private final Runnable drained;
    private final Runnable settled;
    private boolean wanted;
    private boolean delivering;
    private boolean closed;
    private boolean over;

    /**
     * @param deliver gets each message and releases it
     * @param readMore asks the channel for more
     * @param drained called once after {@link #close()}, when the last message has been handed on
     * @param settled called when all that is here now has been handed on, or is not wanted yet: the time to flush what
     *     was made of it
     */
    Inbox(Consumer<Object> deliver, Runnable readMore, Runnable drained, Runnable settled) {
        this.deliver = deliver;
        this.readMore = readMore;
        this.drained = drained;
        this.settled = settled;
    }

    /** A message of a read of the channel, whose end {@link #readComplete()} tells. */
    void offer(Object message) {
        if (over) {
            ReferenceCountUtil.release(message);
            return;
        }
        messages.add(message);
        pump();
    }

    /** A read of the channel is over; if it gave nothing that was asked for, another is needed. */
    void readComplete() {
        settled.run();
        if (wanted && !closed && !over) {
            readMore.run();
        }
    }

    void read() {
        wanted = true;
        boolean within = delivering;
        pump();
        if (!within) {
            settled.run();
        }
    }

    /** Nothing more comes. */
    void close() {
        closed = true;
        pump();
    }

    /** Nothing more is wanted. */
    void discard() {
        over = true;
        Object message;
        while ((message = messages.poll()) != null) {
            ReferenceCountUtil.release(message);
        }
    }

    // The receiver asks again from within; a loop instead of a recursion keeps the stack flat.
    private void pump() {
        if (delivering) {
            return;
        }
        delivering = true;
        try {
            while (wanted && !over && !messages.isEmpty()) {
                wanted = false;
                deliver.accept(messages.remove());
            }
        } finally {
            delivering = false;
        }
        if (over || !messages.isEmpty()) {
            return;
        }
        if (closed) {
            over = true;
            drained.run();
        } else if (wanted) {
            readMore.run();
        }
    }
}
