package dev.meshctl.proxy.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.proxy.AppState;
import dev.meshctl.api.proto.proxy.Drain;
import dev.meshctl.api.proto.proxy.HostDown;
import dev.meshctl.api.proto.proxy.HostUp;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.proxy.config.Eventually;
import dev.meshctl.proxy.host.FakeSetup;
import dev.meshctl.proxy.host.Workload;
import dev.meshctl.proxy.host.WorkloadHost;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HostStreamTest {
    @TempDir
    Path directory;

    private final FakeSetup fakes = new FakeSetup();
    private WorkloadHost host;
    private ServerSocket app;
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        app = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        host = new WorkloadHost(fakes.in(directory, ""));
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .addService(new ProxyAdminGrpc.ProxyAdminImplBase() {
                    @Override
                    public StreamObserver<HostUp> host(StreamObserver<HostDown> down) {
                        return new HostStream(host, down);
                    }
                }).build().start();
        channel = NettyChannelBuilder.forAddress((InetSocketAddress) server.getListenSockets().getFirst())
                .usePlaintext().build();
    }

    @AfterEach
    void stop() throws Exception {
        channel.shutdownNow();
        server.shutdownNow();
        host.close();
        app.close();
    }

    /** The side of {@code meshctl run}. */
    private final class Client implements StreamObserver<HostDown> {
        private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
        private final ClientCallStreamObserver<HostUp> up =
                (ClientCallStreamObserver<HostUp>) ProxyAdminGrpc.newStub(channel).host(this);

        void host(String id) {
            up.onNext(HostUp.newBuilder().setHost(FakeSetup.workload(id, app.getLocalPort())).build());
        }

        <E> E next(Class<E> type) throws InterruptedException {
            Object event = events.poll(30, TimeUnit.SECONDS);
            assertThat(event).isInstanceOf(type);
            return type.cast(event);
        }

        @Override
        public void onNext(HostDown down) {
            events.add(down);
        }

        @Override
        public void onError(Throwable failure) {
            events.add(Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            events.add("end");
        }
    }

    @Test
    void a_workload_lives_as_long_as_its_stream() throws Exception {
        Client client = new Client();
        client.host("a");
        HostDown hosted = client.next(HostDown.class);
        assertThat(hosted.getHosted().getSpiffeId()).isEqualTo("spiffe://west.mesh/ns/shop/sa/payments");
        assertThat(hosted.getHosted().getOutboundAddress()).startsWith("127.0.0.1:");
        assertThat(hosted.getHosted().getInboundAddress()).startsWith("127.0.0.1:");
        assertThat(host.list()).hasSize(1);
        // when the stream ends in order
        client.up.onCompleted();
        assertThat(client.next(String.class)).isEqualTo("end");
        assertThat(host.list()).isEmpty();
        assertThat(directory.resolve("svids/a.pem")).doesNotExist();
    }

    @Test
    void a_broken_stream_ends_the_hosting_but_keeps_the_key_for_a_moment() throws Exception {
        Client client = new Client();
        client.host("a");
        client.next(HostDown.class);
        client.up.cancel("killed", null);
        Eventually.await("unhosted", () -> host.list().isEmpty());
        assertThat(directory.resolve("svids/a.pem")).exists();
    }

    @Test
    void a_stream_that_ends_by_a_failure_of_the_proxy_leaves_nothing_hosted() throws Exception {
        Client client = new Client();
        client.host("a");
        client.next(HostDown.class);
        Eventually.await("ready", () -> host.find("a").orElseThrow().isReady());
        // The checks of the application tell of changes, too; those do not end the stream.
        host.onChange(() -> {
            if (host.find("a").isPresent() && !Thread.currentThread().getName().startsWith("readiness-")) {
                throw new IllegalStateException("as a bug would");
            }
        });

        // One of the two is a change, whether or not the checks have told that it is ready.
        client.up.onNext(HostUp.newBuilder().setState(AppState.newBuilder().setReady(false)).build());
        client.up.onNext(HostUp.newBuilder().setState(AppState.newBuilder().setReady(true)).build());

        assertThat(client.next(Status.class).getCode()).isEqualTo(Status.Code.UNKNOWN);
        Eventually.await("unhosted", () -> host.list().isEmpty());
    }

    @Test
    void a_refusal_names_cause_and_reason_and_ends_the_stream() throws Exception {
        new Client().host("a");
        Eventually.await("a is hosted", () -> !host.list().isEmpty());
        Client second = new Client();
        second.host("a");
        HostDown refused = second.next(HostDown.class);
        assertThat(refused.getRefused().getCause()).isEqualTo("duplicate_id");
        assertThat(refused.getRefused().getMessage()).contains("hosted already");
        assertThat(second.next(String.class)).isEqualTo("end");
        assertThat(host.list()).hasSize(1);
    }

    @Test
    void an_expired_identity_is_told_so_that_the_client_hosts_again() throws Exception {
        Client client = new Client();
        client.host("a");
        client.next(HostDown.class);
        fakes.clock.advance(Duration.ofHours(2));
        assertThat(client.next(HostDown.class).getRefused().getCause()).isEqualTo("identity_expired");
        assertThat(client.next(String.class)).isEqualTo("end");
    }

    @Test
    void state_and_drain_reach_the_workload() throws Exception {
        Client client = new Client();
        client.host("a");
        client.next(HostDown.class);
        Workload workload = host.find("a").orElseThrow();
        Eventually.await("ready", workload::isReady);
        client.up.onNext(HostUp.newBuilder().setState(AppState.newBuilder().setReady(false)).build());
        Eventually.await("not ready", () -> !workload.isReady());
        client.up.onNext(HostUp.newBuilder().setDrain(Drain.newBuilder().setDeadlineMs(40)).build());
        assertThat(client.next(HostDown.class).getDrained().getCutConnections()).isEqualTo(2);
        assertThat(workload.toProto()).extracting(HostedWorkload::getDraining).isEqualTo(true);
    }

    @Test
    void a_stream_that_does_not_begin_with_a_workload_is_an_error() throws Exception {
        Client client = new Client();
        client.up.onNext(HostUp.newBuilder().setState(AppState.newBuilder().setReady(true)).build());
        Status status = client.next(Status.class);
        assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(status.getDescription()).contains("first message");
    }
}
