package dev.meshctl.proxy.config;

import dev.meshctl.api.proto.xds.AggregatedDiscoveryServiceGrpc;
import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.api.proto.xds.DeltaDiscoveryResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One delta ADS stream. All its events run on the configuration loop; one response is in memory at
 * a time, the next is asked for when it has been dealt with.
 *
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol">xDS transport protocol</a>
 */
final class AdsSession implements ClientResponseObserver<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
    /** What happens to a session. */
    interface Listener {
        /** The stream can take requests: at its start, and after it was slow. */
        void ready(AdsSession session);

        /** The listener calls {@link #next()} when it is done. */
        void response(AdsSession session, DeltaDiscoveryResponse response);

        void ended(AdsSession session, Status status);
    }

    private final Executor loop;
    private final Listener listener;
    private @Nullable ClientCallStreamObserver<DeltaDiscoveryRequest> requests;

    private AdsSession(Executor loop, Listener listener) {
        this.loop = loop;
        this.listener = listener;
    }

    static AdsSession open(Channel channel, Executor loop, Listener listener) {
        AdsSession session = new AdsSession(loop, listener);
        AggregatedDiscoveryServiceGrpc.newStub(channel).deltaAggregatedResources(session);
        return session;
    }

    boolean isReady() {
        return started().isReady();
    }

    void send(DeltaDiscoveryRequest request) {
        started().onNext(request);
    }

    void next() {
        started().request(1);
    }

    void cancel(String why) {
        started().cancel(why, null);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<DeltaDiscoveryRequest> stream) {
        requests = stream;
        stream.disableAutoRequestWithInitial(1);
        stream.setOnReadyHandler(() -> loop.execute(() -> listener.ready(this)));
    }

    @Override
    public void onNext(DeltaDiscoveryResponse response) {
        loop.execute(() -> listener.response(this, response));
    }

    @Override
    public void onError(Throwable failure) {
        loop.execute(() -> listener.ended(this, Status.fromThrowable(failure)));
    }

    @Override
    public void onCompleted() {
        loop.execute(() -> listener.ended(this, Status.OK.withDescription("the control plane ended the stream")));
    }

    private ClientCallStreamObserver<DeltaDiscoveryRequest> started() {
        if (requests == null) {
            throw new IllegalStateException("the stream has not been started");
        }
        return requests;
    }
}
