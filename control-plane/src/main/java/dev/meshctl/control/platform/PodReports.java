package dev.meshctl.control.platform;

import dev.meshctl.api.proto.control.NodeReport;
import dev.meshctl.api.proto.control.NodeReportAck;
import dev.meshctl.api.proto.control.WorkloadRegistryGrpc;
import dev.meshctl.runtime.daemon.Counters;
import io.grpc.stub.StreamObserver;

/**
 * Takes note of reports of proxies and uses nothing of them: on Kubernetes the API server says which workloads there
 * are, and a pod's word for it is not asked for.
 */
final class PodReports extends WorkloadRegistryGrpc.WorkloadRegistryImplBase {
    private final Counters counters;

    PodReports(Counters counters) {
        this.counters = counters;
    }

    @Override
    public StreamObserver<NodeReport> report(StreamObserver<NodeReportAck> acks) {
        return new StreamObserver<>() {
            @Override
            public void onNext(NodeReport report) {
                counters.increment("pod_report_unused");
                acks.onNext(NodeReportAck.newBuilder().setSequence(report.getSequence()).build());
            }

            @Override
            public void onError(Throwable t) {}

            @Override
            public void onCompleted() {
                acks.onCompleted();
            }
        };
    }
}
