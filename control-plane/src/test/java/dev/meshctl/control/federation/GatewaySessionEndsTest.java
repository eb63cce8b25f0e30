package dev.meshctl.control.federation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.GatewayControlGrpc;
import dev.meshctl.api.proto.control.GatewayDown;
import dev.meshctl.api.proto.control.GatewayHello;
import dev.meshctl.api.proto.control.GatewayUp;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.FileStore;
import dev.meshctl.runtime.bundle.TrustBundle;
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
import java.security.SecureRandom;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewaySessionEndsTest {
    @TempDir
    Path directory;

    private final MovableClock clock = new MovableClock();
    private final Counters counters = new Counters();
    /** How many states cannot be made from now on. */
    private final AtomicInteger failures = new AtomicInteger();
    private GatewaySessions sessions;
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        Links.Mesh west = new Links.Mesh("west", new TrustDomain("west.mesh"));
        Links links = new Links(west, directory.resolve("links"), DirectoryRecords.open(directory.resolve("links")),
                new FileStore(directory.resolve("store"), clock, counters), new TrustSync(new Nowhere(), new SecureRandom(), counters),
                clock, new SecureRandom(), new AuditLog(directory, clock, counters), counters);
        sessions = new GatewaySessions(west, links,
                new ImportRegistry(directory.resolve("imports"), links::trustDomainOf, changed -> { }, counters),
                new GatewayAddresses(directory.resolve("addresses"), counters), this::exports, Optional::empty, () -> {
                    throw new IllegalStateException("as a bug would");
                }, clock, counters);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(sessions).build().start();
        channel = NettyChannelBuilder.forAddress((InetSocketAddress) server.getListenSockets().getFirst()).usePlaintext().build();
    }

    private record Nowhere() implements TrustBundles {
        @Override
        public void put(TrustBundle bundle) {}

        @Override
        public void remove(TrustDomain trustDomain) {}
    }

    private Collection<LocalExport> exports() {
        if (failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            throw new IllegalStateException("as a bug would");
        }
        return List.of();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        server.shutdownNow();
    }

    private final class Gateway implements StreamObserver<GatewayDown> {
        private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
        private final StreamObserver<GatewayUp> up = GatewayControlGrpc.newStub(channel).session(this);

        <E> E next(Class<E> type) throws InterruptedException {
            Object event = events.poll(Await.SECONDS, TimeUnit.SECONDS);
            assertThat(event).isInstanceOf(type);
            return type.cast(event);
        }

        @Override
        public void onNext(GatewayDown down) {
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
    void a_session_that_ends_by_a_failure_here_is_forgotten() throws Exception {
        Gateway gateway = new Gateway();
        gateway.next(GatewayDown.class);

        gateway.up.onNext(GatewayUp.newBuilder().setHello(GatewayHello.newBuilder().addAddresses("127.0.0.1:15443")).build());

        assertThat(gateway.next(Status.class).getCode()).isEqualTo(Status.Code.UNKNOWN);
        Await.until("it is forgotten", () -> !sessions.connected());
    }

    @Test
    void sessions_that_cannot_be_begun_leave_room_for_those_that_can() throws Exception {
        int more = 20;
        failures.set(more);
        for (int i = 0; i < more; i++) {
            assertThat(new Gateway().next(Status.class).getCode()).isEqualTo(Status.Code.INTERNAL);
        }
        Await.until("they are forgotten", () -> !sessions.connected());

        assertThat(new Gateway().next(GatewayDown.class).hasState()).isTrue();
        assertThat(counters.count("gateway_state_failed")).isEqualTo(more);
    }

    @Test
    void a_state_that_could_not_be_told_is_told_later_without_another_change() throws Exception {
        Gateway gateway = new Gateway();
        long before = gateway.next(GatewayDown.class).getState().getVersion();
        failures.set(1);
        sessions.push();

        sessions.look(true);

        assertThat(gateway.next(GatewayDown.class).getState().getVersion()).isGreaterThan(before);
        sessions.look(true);
        assertThat(gateway.events).as("nothing is due any more").isEmpty();
    }

    @Test
    void a_session_that_began_just_as_another_replica_took_over_is_ended() throws Exception {
        Gateway gateway = new Gateway();
        gateway.next(GatewayDown.class);

        sessions.look(false);

        assertThat(gateway.next(Status.class).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
}
