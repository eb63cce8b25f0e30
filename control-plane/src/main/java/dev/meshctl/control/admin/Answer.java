package dev.meshctl.control.admin;

import dev.meshctl.control.federation.LinkException;
import dev.meshctl.control.shift.ShiftRefused;
import dev.meshctl.control.store.ConflictException;
import dev.meshctl.runtime.daemon.Counters;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Answers unary calls: the one place where failures become gRPC statuses. */
final class Answer {
    private static final System.Logger LOG = System.getLogger(Answer.class.getName());

    private final Counters counters;

    Answer(Counters counters) {
        this.counters = counters;
    }

    <R> void to(StreamObserver<R> observer, Callable<R> call) {
        R response;
        try {
            response = call.call();
        } catch (Exception e) {
            observer.onError(status(e).asRuntimeException());
            return;
        }
        observer.onNext(response);
        observer.onCompleted();
    }

    private Status status(Exception e) {
        return switch (e) {
            case Refused refused -> refused.status();
            case ConflictException conflict -> Status.ABORTED.withDescription(conflict.getMessage());
            case LinkException link -> code(link).toStatus().withDescription(link.getMessage());
            case ShiftRefused shift -> code(shift).toStatus().withDescription(shift.getMessage());
            case IOException io -> {
                counters.increment("admin_write_failed");
                yield Status.UNAVAILABLE.withDescription("nothing was changed: the control plane cannot write its state ("
                        + io.getMessage() + ")");
            }
            default -> {
                counters.increment("admin_failed");
                LOG.log(System.Logger.Level.ERROR, "a call of the admin API failed", e);
                yield Status.INTERNAL.withDescription("the control plane failed: " + e
                        + "; its log has the details");
            }
        };
    }

    private static Status.Code code(ShiftRefused e) {
        return switch (e.why()) {
            case NOT_FOUND -> Status.Code.NOT_FOUND;
            case WRONG_PHASE -> Status.Code.FAILED_PRECONDITION;
            case CHANGED -> Status.Code.ABORTED;
        };
    }

    private Status.Code code(LinkException e) {
        counters.increment("link_refused_" + e.why().name().toLowerCase(Locale.ROOT));
        return switch (e.why()) {
            case NOT_A_TOKEN, TOKEN_TRUNCATED, TOKEN_OF_OTHER_VERSION, INVALID_REQUEST -> Status.Code.INVALID_ARGUMENT;
            case NOT_LINKED, TOKEN_UNKNOWN -> Status.Code.NOT_FOUND;
            case ALREADY_LINKED -> Status.Code.ALREADY_EXISTS;
            case TOO_MANY_TOKENS -> Status.Code.RESOURCE_EXHAUSTED;
            case TOKEN_EXPIRED, TOKEN_USED, TOKEN_FOR_OTHER_CLUSTER, OWN_MESH, NO_GATEWAY -> Status.Code.FAILED_PRECONDITION;
        };
    }
}
