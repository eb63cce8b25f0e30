package dev.meshctl.trust.server;

import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.trust.Refusal;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.GeneralSecurityException;

/** The one place where what went wrong becomes the status of an answer, and is counted. */
final class Answers {
    private static final Logger LOG = System.getLogger(Answers.class.getName());

    private final Counters refusals;

    Answers(Counters refusals) {
        this.refusals = refusals;
    }

    @FunctionalInterface
    interface Work<R> {
        R run() throws Refusal, IOException, GeneralSecurityException;
    }

    <R> void answer(StreamObserver<R> observer, Work<R> work) {
        R response;
        try {
            response = work.run();
        } catch (Refusal e) {
            LOG.log(Level.INFO, "refused, {0}: {1}", e.cause(), e.getMessage());
            fail(observer, status(e.kind()).withDescription(e.getMessage()), e.cause());
            return;
        } catch (IOException e) {
            LOG.log(Level.ERROR, "state not written", e);
            fail(observer, Status.UNAVAILABLE.withDescription(
                    "the trust bridge cannot write its state: " + e.getMessage()), "state_not_written");
            return;
        } catch (GeneralSecurityException e) {
            LOG.log(Level.ERROR, "not signed", e);
            fail(observer, Status.UNAVAILABLE.withDescription(
                    "the trust bridge cannot sign: " + e.getMessage()), "not_signed");
            return;
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "answer failed", e);
            fail(observer, Status.INTERNAL.withDescription(
                    "the trust bridge failed; its log says why"), "internal");
            return;
        }
        observer.onNext(response);
        observer.onCompleted();
    }

    private void fail(StreamObserver<?> observer, Status status, String cause) {
        refusals.increment(cause);
        Metadata trailers = new Metadata();
        trailers.put(TrustBridgeClient.CAUSE, cause);
        observer.onError(status.asRuntimeException(trailers));
    }

    private static Status status(Refusal.Kind kind) {
        return switch (kind) {
            case INVALID -> Status.INVALID_ARGUMENT;
            case DENIED -> Status.PERMISSION_DENIED;
            case NOT_NOW -> Status.FAILED_PRECONDITION;
            case TOO_MANY -> Status.RESOURCE_EXHAUSTED;
            case AWAY -> Status.UNAVAILABLE;
        };
    }
}
