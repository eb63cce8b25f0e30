package dev.meshctl.control;

import dev.meshctl.runtime.grpc.NotLeading;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Refuses what only the leader of several replicas may do; the caller tries again and reaches another replica.
 *
 * @see NotLeading
 */
final class LeaderOnly implements ServerInterceptor {
    private static final Set<String> WRITING = Set.of("Session", "Apply", "Delete", "CreateLinkToken", "AcceptLink",
            "RemoveLink", "ControlShift");

    private final Supplier<Optional<String>> notLeading;

    /** @param notLeading why this replica may not write; empty while it may */
    LeaderOnly(Supplier<Optional<String>> notLeading) {
        this.notLeading = notLeading;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Optional<String> why = WRITING.contains(String.valueOf(call.getMethodDescriptor().getBareMethodName()))
                ? notLeading.get() : Optional.empty();
        if (why.isEmpty()) {
            return next.startCall(call, headers);
        }
        call.close(NotLeading.status(why.get()), NotLeading.trailers());
        return new ServerCall.Listener<>() {};
    }
}
