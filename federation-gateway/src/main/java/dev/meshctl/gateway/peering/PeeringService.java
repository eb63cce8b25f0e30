package dev.meshctl.gateway.peering;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.peering.PeeringGrpc;
import dev.meshctl.api.proto.peering.PeeringMessage;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.grpc.MeshServer;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;

/** The side of peering that is dialled. Who calls has been checked by mTLS; here it is matched to its link. */
final class PeeringService extends PeeringGrpc.PeeringImplBase {
    private final Peers peers;
    private final Counters counters;

    PeeringService(Peers peers, Counters counters) {
        this.peers = peers;
        this.counters = counters;
    }

    @Override
    public StreamObserver<PeeringMessage> exchange(StreamObserver<PeeringMessage> responses) {
        SpiffeId caller = MeshServer.PEER.get();
        Optional<PeerLink> link = caller == null ? Optional.empty() : peers.of(caller.trustDomain());
        if (link.isEmpty()) {
            counters.increment("peering_not_linked");
            responses.onError(Status.PERMISSION_DENIED
                    .withDescription(caller + " is not the gateway of a linked mesh").asRuntimeException());
            return new Ignored();
        }
        ServerCallStreamObserver<PeeringMessage> out = (ServerCallStreamObserver<PeeringMessage>) responses;
        out.disableAutoRequest();
        PeerSession session = link.get().attach(out, out::onCompleted);
        PeerStream stream = new PeerStream(link.get(), session, out::request);
        out.setOnReadyHandler(() -> link.get().ready(session));
        out.setOnCancelHandler(() -> stream.over(Status.CANCELLED.withDescription("the connection is gone")));
        link.get().greet(session);
        out.request(1);
        return stream;
    }

    private static final class Ignored implements StreamObserver<PeeringMessage> {
        @Override
        public void onNext(PeeringMessage message) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }
}
