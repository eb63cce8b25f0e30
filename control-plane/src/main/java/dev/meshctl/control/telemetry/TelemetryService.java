package dev.meshctl.control.telemetry;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.telemetry.PushResponse;
import dev.meshctl.api.proto.telemetry.TelemetryGrpc;
import dev.meshctl.api.proto.telemetry.Window;
import dev.meshctl.runtime.grpc.MeshServer;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;

/** Takes windows from the proxies of the own mesh, and from nobody else. */
public final class TelemetryService extends TelemetryGrpc.TelemetryImplBase {
    private static final int MAX_SERIES = 20_000;

    private final TelemetryStore store;
    private final TrustDomain own;

    /** @param own the trust domain whose proxies may push */
    public TelemetryService(TelemetryStore store, TrustDomain own) {
        this.store = store;
        this.own = own;
    }

    @Override
    public void push(Window window, StreamObserver<PushResponse> response) {
        SpiffeId peer = MeshServer.PEER.get();
        if (peer == null) {
            refuse(response, Status.UNAUTHENTICATED.withDescription("telemetry needs a client certificate"));
        } else if (!peer.is(SystemIdentity.PROXY) || !peer.trustDomain().equals(own)) {
            refuse(response, Status.PERMISSION_DENIED.withDescription(
                    peer + " may not push telemetry; expected " + SpiffeId.of(own, SystemIdentity.PROXY)));
        } else if (window.getSeriesCount() > MAX_SERIES) {
            refuse(response, Status.RESOURCE_EXHAUSTED.withDescription(
                    "a window may have %d series, found %d".formatted(MAX_SERIES, window.getSeriesCount())));
        } else {
            store.record(window);
            response.onNext(PushResponse.getDefaultInstance());
            response.onCompleted();
        }
    }

    private static void refuse(StreamObserver<PushResponse> response, Status status) {
        response.onError(status.asRuntimeException());
    }
}
