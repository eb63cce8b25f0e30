package dev.meshctl.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.NodeReport;
import dev.meshctl.api.proto.control.NodeReportAck;
import dev.meshctl.api.proto.control.WorkloadRegistryGrpc;
import dev.meshctl.proxy.config.Eventually;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class WorkloadReportTest {
    private final BlockingQueue<NodeReport> received = new LinkedBlockingQueue<>();
    private final Counters counters = new Counters();
    private volatile List<HostedWorkload> workloads = List.of(workload("a"));
    private volatile List<String> rejections = List.of();
    private volatile StreamObserver<NodeReportAck> stream;
    private Server server;
    private ManagedChannel channel;
    private WorkloadReport report;

    private static HostedWorkload workload(String id) {
        return HostedWorkload.newBuilder().setId(id).build();
    }

    @BeforeEach
    void start() throws Exception {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor().addService(new Registry()).build().start();
        channel = NettyChannelBuilder.forAddress((InetSocketAddress) server.getListenSockets().getFirst())
                .usePlaintext().build();
    }

    private void report(Duration period) {
        report = WorkloadReport.start(channel, "west-proxy-0", "1", period, () -> workloads,
                new Backoff(Duration.ofMillis(1), Duration.ofMillis(5), new Random(1)), counters);
    }

    @AfterEach
    void stop() {
        report.close();
        channel.shutdownNow();
        server.shutdownNow();
    }

    private NodeReport next() throws InterruptedException {
        NodeReport next = received.poll(30, TimeUnit.SECONDS);
        assertThat(next).isNotNull();
        return next;
    }

    @Test
    void the_whole_list_is_reported_at_once_and_after_a_change() throws Exception {
        report(Duration.ofHours(1));
        NodeReport first = next();
        assertThat(first.getNode()).isEqualTo("west-proxy-0");
        assertThat(first.getWorkloadsList()).containsExactly(workload("a"));
        workloads = List.of(workload("a"), workload("b"));
        report.changed();
        NodeReport second = next();
        assertThat(second.getWorkloadsList()).containsExactly(workload("a"), workload("b"));
        assertThat(second.getSequence()).isGreaterThan(first.getSequence());
    }

    @Test
    void it_is_reported_again_without_a_change() throws Exception {
        report(Duration.ofMillis(50));
        assertThat(next().getWorkloadsList()).isEqualTo(next().getWorkloadsList());
    }

    @Test
    void a_stream_that_breaks_is_opened_again_with_the_whole_list() throws Exception {
        report(Duration.ofHours(1));
        next();
        stream.onError(Status.UNAVAILABLE.asRuntimeException());
        assertThat(next().getWorkloadsList()).containsExactly(workload("a"));
        assertThat(counters.count("report_stream_ended")).isEqualTo(1);
    }

    @Test
    void a_list_that_could_not_be_made_is_made_again() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        report = WorkloadReport.start(channel, "west-proxy-0", "1", Duration.ofHours(1), () -> {
            if (asked.getAndIncrement() == 0) {
                throw new IllegalStateException("as a bug would");
            }
            return workloads;
        }, new Backoff(Duration.ofMillis(1), Duration.ofMillis(5), new Random(1)), counters);

        assertThat(next().getWorkloadsList()).containsExactly(workload("a"));

        assertThat(counters.count("report_failed")).isEqualTo(1);
    }

    @Test
    void what_the_control_plane_refuses_is_kept_for_those_who_look() throws Exception {
        rejections = List.of("a: no such service");
        report(Duration.ofHours(1));
        next();
        Eventually.await("the refusal is seen", () -> report.rejected().equals(rejections));
        assertThat(counters.count("report_rejected")).isEqualTo(1);
    }

    private final class Registry extends WorkloadRegistryGrpc.WorkloadRegistryImplBase {
        @Override
        public StreamObserver<NodeReport> report(StreamObserver<NodeReportAck> answers) {
            stream = answers;
            return new StreamObserver<>() {
                @Override
                public void onNext(NodeReport report) {
                    answers.onNext(NodeReportAck.newBuilder()
                            .setSequence(report.getSequence()).addAllRejected(rejections).build());
                    received.add(report);
                }

                @Override
                public void onError(Throwable failure) {
                    // The client has gone; the test looks at what came before.
                }

                @Override
                public void onCompleted() {
                    answers.onCompleted();
                }
            };
        }
    }
}
