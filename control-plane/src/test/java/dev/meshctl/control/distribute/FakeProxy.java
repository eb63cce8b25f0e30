package dev.meshctl.control.distribute;

import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.api.proto.xds.DeltaDiscoveryResponse;
import dev.meshctl.api.proto.xds.Node;
import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.api.proto.xds.Status;
import dev.meshctl.control.snapshot.ConfigType;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A proxy at the other end of a stream, which reads as fast as a test wants. */
final class FakeProxy extends ServerCallStreamObserver<DeltaDiscoveryResponse> {
    final List<DeltaDiscoveryResponse> received = new ArrayList<>();
    Throwable error;
    private final String node;
    private final StreamObserver<DeltaDiscoveryRequest> requests;
    private Runnable onReady = () -> { };
    private Runnable onCancel = () -> { };
    private Runnable onClose = () -> { };
    private boolean ready = true;
    private boolean introduced;
    private boolean fails;

    FakeProxy(String node, ConfigDistributor distributor) {
        this.node = node;
        this.requests = distributor.deltaAggregatedResources(this);
    }

    void subscribe(ConfigType type, String... names) {
        subscribe(type, Map.of(), names);
    }

    void subscribe(ConfigType type, Map<String, String> known, String... names) {
        send(DeltaDiscoveryRequest.newBuilder()
                .setTypeUrl(type.typeUrl())
                .putAllInitialResourceVersions(known)
                .addAllResourceNamesSubscribe(List.of(names)));
    }

    void unsubscribe(ConfigType type, String... names) {
        send(DeltaDiscoveryRequest.newBuilder()
                .setTypeUrl(type.typeUrl())
                .addAllResourceNamesUnsubscribe(List.of(names)));
    }

    void ack(DeltaDiscoveryResponse response) {
        send(DeltaDiscoveryRequest.newBuilder().setTypeUrl(response.getTypeUrl()).setResponseNonce(response.getNonce()));
    }

    void nack(DeltaDiscoveryResponse response, String why) {
        send(DeltaDiscoveryRequest.newBuilder()
                .setTypeUrl(response.getTypeUrl())
                .setResponseNonce(response.getNonce())
                .setErrorDetail(Status.newBuilder().setCode(3).setMessage(why)));
    }

    void send(DeltaDiscoveryRequest.Builder request) {
        if (!introduced) {
            introduced = true;
            request.setNode(Node.newBuilder().setId(node));
        }
        requests.onNext(request.build());
    }

    void failOnce() {
        fails = true;
    }

    void stopReading() {
        ready = false;
    }

    void readOn() {
        ready = true;
        onReady.run();
    }

    void hangUp() {
        onCancel.run();
    }

    /** The transport has carried out the end that the server has made. */
    void closed() {
        onClose.run();
    }

    DeltaDiscoveryResponse last() {
        return received.getLast();
    }

    List<String> names() {
        return received.stream().flatMap(r -> r.getResourcesList().stream()).map(Resource::getName).toList();
    }

    List<String> removed() {
        return received.stream().flatMap(r -> r.getRemovedResourcesList().stream()).toList();
    }

    @Override
    public void onNext(DeltaDiscoveryResponse response) {
        if (fails) {
            fails = false;
            throw new IllegalStateException("as a bug would");
        }
        received.add(response);
    }

    @Override
    public void onError(Throwable t) {
        error = t;
    }

    @Override
    public void onCompleted() { }

    @Override
    public boolean isReady() {
        return ready;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {
        onReady = handler;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {
        onCancel = handler;
    }

    @Override
    public void setOnCloseHandler(Runnable handler) {
        onClose = handler;
    }

    @Override
    public boolean isCancelled() {
        return false;
    }

    @Override
    public void setCompression(String compression) { }

    @Override
    public void disableAutoInboundFlowControl() { }

    @Override
    public void request(int count) { }

    @Override
    public void setMessageCompression(boolean enable) { }
}
