package dev.meshctl.control.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.telemetry.Window;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.TestAuthority;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.netty.handler.ssl.ClientAuth;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas over mTLS. */
class TelemetryRelayTest {
    private static final TestAuthority WEST = new TestAuthority(new TrustDomain("west.mesh"));
    private static final SpiffeId REPLICA = SpiffeId.of(WEST.trustDomain(), SystemIdentity.CONTROL_PLANE);
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");

    private final TelemetryStore other = new TelemetryStore(() -> NOW);
    private final Counters counters = new Counters();
    private Server server;
    private volatile Set<HostPort> replicas = Set.of();
    private TelemetryRelay relay;

    @BeforeEach
    void start() throws Exception {
        server = MeshServer.builder(new InetSocketAddress("127.0.0.1", 0),
                        TestAuthority.fixed(WEST.issue(REPLICA, Duration.ofHours(1))), WEST::bundles, ClientAuth.REQUIRE)
                .addService(io.grpc.ServerInterceptors.intercept(
                        new TelemetryService(other, WEST.trustDomain(), peer -> false, w -> { }, new Counters()),
                        MeshServer.require(REPLICA::equals)))
                .build().start();
        relay = relay(this::connect);
    }

    private TelemetryRelay relay(Function<HostPort, ManagedChannel> connect) {
        return new TelemetryRelay(() -> replicas, connect, counters, Duration.ofSeconds(Await.SECONDS));
    }

    private ManagedChannel connect(HostPort address, ClientInterceptor... interceptors) {
        return MeshChannel.builder(address, TestAuthority.fixed(WEST.issue(REPLICA, Duration.ofHours(1))), WEST::bundles,
                REPLICA::equals, null).intercept(interceptors).build();
    }

    @AfterEach
    void stop() throws Exception {
        relay.close();
        server.shutdownNow().awaitTermination();
    }

    private static Window window() {
        return Windows.window(NOW.minusSeconds(5), 5, Windows.inbound("v2", 40, 4, 10));
    }

    @Test
    void what_a_proxy_reports_to_one_replica_is_known_to_the_other() throws Exception {
        replicas = Set.of(new HostPort("127.0.0.1", server.getPort()));
        relay.look();

        relay.pass(window());

        Await.until("the window", () -> other.counters().getOrDefault("windows", 0L) == 1);
        assertThat(counters.count("telemetry_not_passed_on")).isZero();
    }

    @Test
    void a_window_that_cannot_be_sent_is_not_the_last() throws Exception {
        AtomicBoolean fails = new AtomicBoolean(true);
        relay = relay(address -> connect(address, new ClientInterceptor() {
            @Override
            public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
                if (fails.getAndSet(false)) {
                    throw new IllegalStateException("as a bug would");
                }
                return next.newCall(method, options);
            }
        }));
        replicas = Set.of(new HostPort("127.0.0.1", server.getPort()));
        relay.look();

        relay.pass(window());
        relay.pass(window());

        Await.until("the second window", () -> other.counters().getOrDefault("windows", 0L) == 1);
        assertThat(counters.count("telemetry_not_passed_on")).isEqualTo(1);
    }

    @Test
    void a_replica_that_is_away_costs_no_more_than_a_count_and_gets_what_comes_later() throws Exception {
        int port = server.getPort();
        server.shutdownNow().awaitTermination();
        replicas = Set.of(new HostPort("127.0.0.1", port));
        relay.look();

        relay.pass(window());
        Await.until("the count", () -> counters.count("telemetry_not_passed_on") == 1);

        replicas = Set.of();
        relay.look();
        relay.pass(window());
        assertThat(counters.count("telemetry_not_passed_on")).as("nobody is there any more").isEqualTo(1);
    }
}
