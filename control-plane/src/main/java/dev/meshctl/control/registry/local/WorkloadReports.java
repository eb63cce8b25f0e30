package dev.meshctl.control.registry.local;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.control.NodeReport;
import dev.meshctl.api.proto.control.NodeReportAck;
import dev.meshctl.api.proto.control.WorkloadRegistryGrpc;
import dev.meshctl.runtime.grpc.MeshServer;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/** The reports of proxies. The caller's identity has been checked to be a proxy of the own trust domain. */
public final class WorkloadReports extends WorkloadRegistryGrpc.WorkloadRegistryImplBase {
    private final LocalRegistry registry;

    public WorkloadReports(LocalRegistry registry) {
        this.registry = registry;
    }

    @Override
    public StreamObserver<NodeReport> report(StreamObserver<NodeReportAck> acks) {
        SpiffeId peer = MeshServer.PEER.get();
        return new Conversation(
                registry.lease(peer == null ? "" : peer.toString()), (ServerCallStreamObserver<NodeReportAck>) acks);
    }

    /** One stream. Of the answers only the newest waits for a proxy that does not read. */
    private static final class Conversation implements StreamObserver<NodeReport> {
        private final LocalRegistry.Lease lease;
        private final ServerCallStreamObserver<NodeReportAck> acks;
        private @Nullable NodeReportAck waiting;
        private boolean closed;

        Conversation(LocalRegistry.Lease lease, ServerCallStreamObserver<NodeReportAck> acks) {
            this.lease = lease;
            this.acks = acks;
            acks.setOnReadyHandler(this::flush);
            acks.setOnCancelHandler(this::end);
            // Of an end by a failure on this side nobody else is told, and the node would never be found to be away.
            acks.setOnCloseHandler(this::end);
        }

        @Override
        public void onNext(NodeReport report) {
            try {
                NodeReportAck ack = NodeReportAck.newBuilder()
                        .setSequence(report.getSequence())
                        .addAllRejected(lease.report(report))
                        .build();
                synchronized (this) {
                    waiting = ack;
                }
                flush();
            } catch (IllegalArgumentException e) {
                lease.close();
                refuse(Status.INVALID_ARGUMENT.withDescription(e.getMessage()));
            }
        }

        private synchronized void flush() {
            NodeReportAck ack = waiting;
            if (!closed && ack != null && acks.isReady()) {
                waiting = null;
                acks.onNext(ack);
            }
        }

        private synchronized void refuse(Status status) {
            if (!closed) {
                closed = true;
                acks.onError(status.asRuntimeException());
            }
        }

        private synchronized void end() {
            closed = true;
            lease.close();
        }

        @Override
        public void onError(Throwable t) {
            end();
        }

        @Override
        public synchronized void onCompleted() {
            lease.close();
            if (!closed) {
                closed = true;
                acks.onCompleted();
            }
        }
    }
}
