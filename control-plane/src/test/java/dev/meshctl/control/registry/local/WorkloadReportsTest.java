package dev.meshctl.control.registry.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.NodeReport;
import dev.meshctl.api.proto.control.NodeReportAck;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.api.proto.control.WorkloadRegistryGrpc;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.MovableClock;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkloadReportsTest {
    @TempDir
    Path directory;

    private LocalRegistry registry;
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        registry = new LocalRegistry(directory, new TrustDomain("east.mesh"), new MovableClock(), changed -> {
            throw new IllegalStateException("as a bug would");
        }, new Counters());
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new WorkloadReports(registry)).build().start();
        channel = NettyChannelBuilder.forAddress((InetSocketAddress) server.getListenSockets().getFirst()).usePlaintext().build();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        server.shutdownNow();
    }

    @Test
    void a_stream_that_ends_by_a_failure_here_holds_no_lease_any_more() throws Exception {
        CompletableFuture<Status> ended = new CompletableFuture<>();
        StreamObserver<NodeReport> reports = WorkloadRegistryGrpc.newStub(channel).report(new StreamObserver<>() {
            @Override
            public void onNext(NodeReportAck ack) {}

            @Override
            public void onError(Throwable failure) {
                ended.complete(Status.fromThrowable(failure));
            }

            @Override
            public void onCompleted() {
                ended.complete(Status.OK);
            }
        });

        reports.onNext(NodeReport.newBuilder().setNode("n1").addWorkloads(HostedWorkload.newBuilder()
                .setId("a").setService("payments").setNamespace("shop").setVersion("v1").setServiceAccount("payments")
                .setSpiffeId("spiffe://east.mesh/ns/shop/sa/payments").setInboundAddress("127.0.0.1").setInboundPort(15006)
                .addPorts(WorkloadPort.newBuilder().setServicePort(80).setAppPort(9001))).build());

        assertThat(ended.get(Await.SECONDS, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNKNOWN);
        Await.until("the grace has begun", () -> registry.nodes().getFirst().until().isPresent());
    }
}
