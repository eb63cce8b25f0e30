package dev.meshctl.gateway.peering;

import dev.meshctl.api.proto.peering.PeeringMessage;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;

/** The receiving half of a peering stream. Asks for the next message when it is done with one. */
final class PeerStream implements StreamObserver<PeeringMessage> {
    private final PeerLink link;
    private final PeerSession session;
    private final IntConsumer request;
    private final CompletableFuture<Status> end = new CompletableFuture<>();

    PeerStream(PeerLink link, PeerSession session, IntConsumer request) {
        this.link = link;
        this.session = session;
        this.request = request;
    }

    /** Completes when the stream is over, with OK if the peer ended it in order. */
    CompletableFuture<Status> end() {
        return end;
    }

    @Override
    public void onNext(PeeringMessage message) {
        link.receive(session, message);
        request.accept(1);
    }

    @Override
    public void onError(Throwable failure) {
        over(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
        link.end(session, "the peer ended the stream");
        end.complete(Status.OK);
    }

    void over(Status status) {
        link.ended(session, describe(status));
        end.complete(status);
    }

    /** What went wrong, with the cause where gRPC hides it. */
    static String describe(Status status) {
        StringBuilder text = new StringBuilder(status.getCode().name());
        if (status.getDescription() != null) {
            text.append(": ").append(status.getDescription());
        }
        Throwable root = status.getCause();
        while (root != null && root.getCause() != null) {
            root = root.getCause();
        }
        if (root != null && root.getMessage() != null && text.indexOf(root.getMessage()) < 0) {
            text.append(" (").append(root.getMessage()).append(')');
        }
        return text.toString();
    }
}
