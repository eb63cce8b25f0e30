package dev.meshctl.runtime.grpc;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * How a replica refuses what only the leader does: with UNAVAILABLE and a trailer that tells it from a replica that is away.
 * It has not begun the call, so whoever made it may make it again, with another replica or later.
 */
public final class NotLeading {
    private static final Metadata.Key<String> TRAILER = Metadata.Key.of("meshctl-not-leading", Metadata.ASCII_STRING_MARSHALLER);

    private NotLeading() {}

    /** @param why for the user, should nobody lead in time */
    public static Status status(String why) {
        return Status.UNAVAILABLE.withDescription(why);
    }

    /** What goes with the status. */
    public static Metadata trailers() {
        Metadata trailers = new Metadata();
        trailers.put(TRAILER, "true");
        return trailers;
    }

    /** Whether a call was refused in this way. */
    public static boolean isReasonOf(StatusRuntimeException failure) {
        Metadata trailers = failure.getTrailers();
        return failure.getStatus().getCode() == Status.Code.UNAVAILABLE && trailers != null && trailers.containsKey(TRAILER);
    }
}
