package dev.meshctl.proxy.admin;

import dev.meshctl.api.proto.proxy.Drained;
import dev.meshctl.api.proto.proxy.HostDown;
import dev.meshctl.api.proto.proxy.HostUp;
import dev.meshctl.api.proto.proxy.HostWorkload;
import dev.meshctl.api.proto.proxy.Hosted;
import dev.meshctl.api.proto.proxy.Refused;
import dev.meshctl.api.proto.proxy.UpstreamListener;
import dev.meshctl.proxy.host.HostRefused;
import dev.meshctl.proxy.host.Workload;
import dev.meshctl.proxy.host.WorkloadHost;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One {@code Host} call: the workload lives as long as the stream. Incoming messages come one after the other, on
 * threads that may block.
 */
final class HostStream implements StreamObserver<HostUp> {
    private static final Duration MAX_DRAIN = Duration.ofMinutes(10);

    private final WorkloadHost host;
    private final ServerCallStreamObserver<HostDown> down;
    // Guarded by this: the data path may take the workload away while the client says something.
    private @Nullable Workload workload;
    private boolean ended;

    HostStream(WorkloadHost host, StreamObserver<HostDown> down) {
        this.host = host;
        this.down = (ServerCallStreamObserver<HostDown>) down;
        // A broken stream is no farewell: the client may come back in a moment, without a token.
        this.down.setOnCancelHandler(() -> leave(false));
        // Also of a stream that ended by a failure here, of which nobody else is told, nothing must stay hosted.
        this.down.setOnCloseHandler(() -> leave(false));
    }

    @Override
    public void onNext(HostUp message) {
        switch (message.getMessageCase()) {
            case HOST -> host(message.getHost());
            case STATE -> withWorkload(hosted -> hosted.told(message.getState().getReady()));
            case DRAIN -> drain(Duration.ofMillis(Integer.toUnsignedLong(message.getDrain().getDeadlineMs())));
            case MESSAGE_NOT_SET -> fail("an empty message");
        }
    }

    private void host(HostWorkload wire) {
        if (hosted() != null) {
            fail("a second workload on one stream; open a stream for each");
            return;
        }
        try {
            Workload opened = host.host(wire, this::refuse);
            if (!keep(opened)) {
                host.unhost(opened, false);
                return;
            }
            send(HostDown.newBuilder().setHosted(view(opened)).build());
        } catch (HostRefused e) {
            refuse(e);
        }
    }

    private synchronized boolean keep(Workload opened) {
        if (ended || down.isCancelled()) {
            return false;
        }
        workload = opened;
        return true;
    }

    private static Hosted view(Workload workload) {
        Hosted.Builder hosted = Hosted.newBuilder()
                .setSpiffeId(workload.scope().identity().toString())
                .setOutboundAddress(HostPort.of(workload.outboundAddress()).toString());
        workload.inboundAddress().ifPresent(at -> hosted.setInboundAddress(HostPort.of(at).toString()));
        workload.upstreams().forEach(up -> hosted.addUpstreams(UpstreamListener.newBuilder()
                .setHost(up.host())
                .setPort(up.port())
                .setListenAddress(HostPort.of(up.address()).toString())));
        return hosted.build();
    }

    private void drain(Duration deadline) {
        Duration bounded = deadline.compareTo(MAX_DRAIN) > 0 ? MAX_DRAIN : deadline;
        // Not on the stream's own thread: the end of the stream must cut a drain short.
        withWorkload(hosted -> Thread.ofVirtual().name("drain-" + hosted.id()).start(() -> drain(hosted, bounded)));
    }

    private void drain(Workload hosted, Duration deadline) {
        try {
            int cut = host.drain(hosted, deadline);
            send(HostDown.newBuilder().setDrained(Drained.newBuilder().setCutConnections(cut)).build());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void withWorkload(Consumer<Workload> action) {
        Workload hosted = hosted();
        if (hosted == null) {
            fail("the first message must be the workload to host");
        } else {
            action.accept(hosted);
        }
    }

    private synchronized @Nullable Workload hosted() {
        return workload;
    }

    private synchronized void send(HostDown message) {
        if (!ended && !down.isCancelled()) {
            down.onNext(message);
        }
    }

    private synchronized void refuse(HostRefused why) {
        send(HostDown.newBuilder()
                .setRefused(Refused.newBuilder().setCause(why.cause()).setMessage(why.reason()))
                .build());
        if (!ended && !down.isCancelled()) {
            ended = true;
            down.onCompleted();
        }
    }

    private synchronized void fail(String what) {
        if (!ended && !down.isCancelled()) {
            ended = true;
            down.onError(Status.INVALID_ARGUMENT.withDescription("Host: " + what).asRuntimeException());
        }
        leave(false);
    }

    private void leave(boolean forGood) {
        Workload left;
        synchronized (this) {
            left = workload;
            workload = null;
        }
        if (left != null) {
            host.unhost(left, forGood);
        }
    }

    @Override
    public void onError(Throwable failure) {
        leave(false);
    }

    @Override
    public void onCompleted() {
        leave(true);
        synchronized (this) {
            if (!ended && !down.isCancelled()) {
                ended = true;
                down.onCompleted();
            }
        }
    }
}
