package dev.meshctl.gateway.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.control.GatewayControlGrpc;
import dev.meshctl.api.proto.control.GatewayDown;
import dev.meshctl.api.proto.control.GatewayHello;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.GatewayUp;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ControlSessionTest {
    /** Behind one address: the first connection leads to a replica that does not lead, every other one to the leader. */
    private static final class Replicas implements ServerInterceptor {
        private final AtomicReference<SocketAddress> first = new AtomicReference<>();

        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            SocketAddress from = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
            first.compareAndSet(null, from);
            if (from.equals(first.get())) {
                call.close(Status.UNAVAILABLE.withDescription("this replica does not lead"), new Metadata());
                return new ServerCall.Listener<>() {};
            }
            return next.startCall(call, headers);
        }
    }

    private static final class Leader extends GatewayControlGrpc.GatewayControlImplBase {
        @Override
        public StreamObserver<GatewayUp> session(StreamObserver<GatewayDown> down) {
            down.onNext(GatewayDown.newBuilder().setState(GatewayState.getDefaultInstance()).build());
            return new StreamObserver<>() {
                @Override
                public void onNext(GatewayUp up) {}

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {
                    down.onCompleted();
                }
            };
        }
    }

    private static final class NoImports implements ImportSource {
        @Override
        public Set<String> peers() {
            return Set.of();
        }

        @Override
        public Optional<PeerImports> imports(String peer) {
            return Optional.empty();
        }
    }

    @Test
    void a_session_that_fails_is_begun_again() throws Exception {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new Leader()).build().start();
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
        AtomicInteger hellos = new AtomicInteger();
        Counters counters = new Counters();
        try (ControlSession session = new ControlSession(channel, () -> {
                    if (hellos.getAndIncrement() == 0) {
                        throw new IllegalStateException("as a bug would");
                    }
                    return GatewayHello.getDefaultInstance();
                }, state -> {}, new Backoff(Duration.ofMillis(10), Duration.ofMillis(50), new Random(1)), counters)) {
            session.start(new NoImports());

            Await.until("the second session stands", () -> hellos.get() > 1 && session.problem().isEmpty());
            assertThat(counters.count("control_session_failed")).isEqualTo(1);
        } finally {
            server.shutdownNow();
        }
    }

    @Test
    void a_replica_that_does_not_lead_is_left_for_another_connection() throws Exception {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(ServerInterceptors.intercept(new Leader(), new Replicas())).build().start();
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
        try (ControlSession session = new ControlSession(channel, GatewayHello::getDefaultInstance, state -> {},
                new Backoff(Duration.ofMillis(10), Duration.ofMillis(50), new Random(1)), new Counters())) {
            session.start(new NoImports());

            Await.until("the session with the leader stands", () -> session.problem().isEmpty());
        } finally {
            server.shutdownNow();
        }
    }
}
