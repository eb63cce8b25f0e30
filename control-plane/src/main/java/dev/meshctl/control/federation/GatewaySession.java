package dev.meshctl.control.federation;

import dev.meshctl.api.proto.admin.GatewayView;
import dev.meshctl.api.proto.control.GatewayDown;
import dev.meshctl.api.proto.control.GatewayHello;
import dev.meshctl.api.proto.control.GatewayUp;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One gateway's session. Of states only the newest waits to be sent; answers wait in a bounded queue, and a
 * gateway that lets it fill up loses its session.
 */
final class GatewaySession {
    private static final int MAX_ANSWERS = 256;

    private final ServerCallStreamObserver<GatewayDown> down;
    private final Consumer<GatewaySession> onEnd;
    private final Queue<GatewayDown> answers = new ArrayDeque<>();
    private @Nullable GatewayDown state;
    private long newest;
    private boolean closed;
    private volatile @Nullable GatewayView gateway;

    GatewaySession(ServerCallStreamObserver<GatewayDown> down, Consumer<GatewaySession> onEnd) {
        this.down = down;
        this.onEnd = onEnd;
        down.setOnReadyHandler(this::flush);
        down.setOnCancelHandler(() -> end(false));
        // Of an end by a failure on this side nobody else is told.
        down.setOnCloseHandler(() -> end(false));
    }

    void introduced(GatewayHello hello) {
        gateway = GatewayView.newBuilder().setNode(hello.getNode()).setVersion(hello.getVersion()).build();
    }

    /** Which one it is; empty until it has said so. */
    Optional<GatewayView> gateway() {
        return Optional.ofNullable(gateway);
    }

    /** States may be made at the same time, and come here in another order: an older one is not sent after a newer one. */
    synchronized void state(GatewayDown next) {
        if (next.getState().getVersion() > newest) {
            newest = next.getState().getVersion();
            state = next;
            flush();
        }
    }

    void send(GatewayDown answer) {
        boolean full;
        synchronized (this) {
            full = answers.size() >= MAX_ANSWERS;
            if (!full) {
                answers.add(answer);
                flush();
            }
        }
        if (full) {
            fail(Status.RESOURCE_EXHAUSTED.withDescription("the gateway does not read its answers"));
        }
    }

    private synchronized void flush() {
        while (!closed && down.isReady()) {
            GatewayDown next = answers.poll();
            if (next == null) {
                next = state;
                state = null;
            }
            if (next == null) {
                return;
            }
            down.onNext(next);
        }
    }

    void fail(Status status) {
        synchronized (this) {
            if (!closed) {
                closed = true;
                down.onError(status.asRuntimeException());
            }
        }
        onEnd.accept(this);
    }

    private void end(boolean complete) {
        synchronized (this) {
            if (!closed) {
                closed = true;
                if (complete) {
                    down.onCompleted();
                }
            }
        }
        onEnd.accept(this);
    }

    StreamObserver<GatewayUp> incoming(Consumer<GatewayUp> receiver) {
        return new StreamObserver<>() {
            @Override
            public void onNext(GatewayUp up) {
                receiver.accept(up);
            }

            @Override
            public void onError(Throwable t) {
                end(false);
            }

            @Override
            public void onCompleted() {
                end(true);
            }
        };
    }
}
