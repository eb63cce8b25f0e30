package dev.meshctl.proxy.http;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.FailureCause;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpObject;
import org.jspecify.annotations.Nullable;

/** One exchange on a pooled connection. Confined to the event loop of its connection. */
interface HttpStream {
    /** Hears of a stream. After {@link #failed} or {@link #closed} nothing more comes. */
    interface Listener {
        void opened(HttpStream stream);

        /** No stream could be opened; nothing was sent. */
        void failed(FailureCause cause, String detail);

        /** One per {@link HttpStream#read()}; the listener releases it. */
        void message(HttpObject message);

        void writable();

        /** All messages that were here have been handed on: what was written for them may be flushed. */
        void settled();

        /**
         * Closed by the other side.
         *
         * @param unprocessed the other side says that it did nothing with the request
         */
        void closed(boolean unprocessed);
    }

    /** The message is released by the stream. */
    void write(HttpObject message);

    void flush();

    boolean isWritable();

    void read();

    @Nullable SpiffeId peer();

    /** True if the connection carried another exchange before: it may be stale. */
    boolean reused();

    /** Why it was closed, if this side knows; null if it was the other side, for reasons of its own. */
    @Nullable FailureCause closedFor();

    /** Ends the exchange after its last message; the connection is used again if it may be. */
    void finish(boolean reusable);

    /** Ends the exchange now. */
    void cancel();

    /** After an answer of 101: the channel, from now on without this stream; null if it cannot become one. */
    @Nullable Channel takeOver();

    /** After {@link #takeOver}, when the handlers for the bare bytes are in place. */
    void dropCodec();
}
