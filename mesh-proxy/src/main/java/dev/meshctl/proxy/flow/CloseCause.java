package dev.meshctl.proxy.flow;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why a connection ended; the label of the metric. */
public enum CloseCause {
    /** The other side closed or reset it. */
    PEER,
    /** Its last answer is written. */
    ANSWERED,
    /** Nothing came, or was wanted of it, for too long. */
    IDLE,
    /** It acknowledged nothing of what was sent to it, for too long. */
    SILENT,
    /** What it asked for, or who one of its ends is, was not accepted. */
    REFUSED,
    /** The trust domain of its peer is not trusted any more: a link was removed. */
    DISTRUSTED,
    /** An exchange on it broke off, so that it could not be used again. */
    BROKEN,
    /** The connection that it was relayed to has ended. */
    RELAYED,
    /** The workload is going away, or the endpoint has other identities now. */
    DRAINED,
    /** There were too many. */
    OVERLOADED,
    /** A buffer that it needed could not be had. */
    OUT_OF_MEMORY,
    /** Its listener was closed. */
    STOPPED;

    private static final AttributeKey<CloseCause> CAUSE = AttributeKey.valueOf(CloseCause.class, "cause");

    /** Notes a lack of memory, if that is what the error says; to be called before the channel is closed. */
    public static void noteOutOfMemory(Channel channel, @Nullable Throwable error) {
        if (BufferMemory.exhausted(error)) {
            OUT_OF_MEMORY.of(channel);
        }
    }

    /** True if the channel, or the connection that it is a stream of, was given up for lack of memory. */
    public static boolean outOfMemory(Channel channel) {
        return isNoted(OUT_OF_MEMORY, channel);
    }

    /** What ended a connection that was made to an endpoint, or a stream of it; null if only the other side knows. */
    public static @Nullable FailureCause failure(Channel channel) {
        return isNoted(OUT_OF_MEMORY, channel) ? FailureCause.OUT_OF_MEMORY
                : isNoted(REFUSED, channel) ? FailureCause.CERTIFICATE_REFUSED : null;
    }

    private static boolean isNoted(CloseCause cause, Channel channel) {
        return read(channel) == cause || channel.parent() != null && read(channel.parent()) == cause;
    }

    /** Lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** To be called before the channel is closed; the first cause holds. */
    public void of(Channel channel) {
        channel.attr(CAUSE).setIfAbsent(this);
    }

    /** What was noted; otherwise it was the other side. */
    static CloseCause read(Channel channel) {
        CloseCause noted = channel.attr(CAUSE).get();
        return noted == null ? PEER : noted;
    }
}
