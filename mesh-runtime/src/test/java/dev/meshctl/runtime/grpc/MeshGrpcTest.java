package dev.meshctl.runtime.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.TrustAdminGrpc;
import dev.meshctl.api.proto.trust.TrustStatus;
import dev.meshctl.api.proto.trust.TrustStatusRequest;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.Stranger;
import dev.meshctl.runtime.testing.TestAuthority;
import dev.meshctl.runtime.tls.PeerRejected;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MeshGrpcTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final SpiffeId SERVER = SpiffeId.of(WEST, SystemIdentity.CONTROL_PLANE);
    private static final SpiffeId ADMIN = SpiffeId.of(WEST, SystemIdentity.ADMIN);
    private static final SpiffeId WEB = new SpiffeId(WEST, "shop", "web");

    private final TestAuthority west = new TestAuthority(WEST);
    private final AtomicReference<Svid> serverSvid = new AtomicReference<>(west.issue(SERVER, Duration.ofHours(1)));
    private final Counters counters = new Counters();
    private Server server;

    @BeforeEach
    void start() throws IOException {
        server = MeshServer.builder(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        live(serverSvid), west::bundles, ClientAuth.OPTIONAL, counters)
                .addService(ServerInterceptors.intercept(new EchoesPeer(), MeshServer.require(ADMIN::equals)))
                .build()
                .start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }

    @Test
    void the_server_knows_its_caller_by_the_svid() {
        assertThat(call(west.issue(ADMIN, Duration.ofHours(1)), west.bundles(), SERVER::equals))
                .isEqualTo(ADMIN.toString());
    }

    @Test
    void a_caller_without_certificate_is_unauthenticated_where_one_is_required() {
        assertThat(refusal(null, west.bundles(), SERVER::equals).getStatus().getCode())
                .isEqualTo(Status.Code.UNAUTHENTICATED);
    }

    @Test
    void a_caller_of_another_identity_is_denied_with_its_name() {
        StatusRuntimeException refusal = refusal(west.issue(WEB, Duration.ofHours(1)), west.bundles(), SERVER::equals);

        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(refusal).hasMessageContaining(WEB.toString());
    }

    @Test
    void a_caller_of_an_unlinked_trust_domain_gets_no_connection_and_is_counted() throws Exception {
        TrustDomain stranger = new TrustDomain("stranger.mesh");
        Svid foreign = new TestAuthority(stranger).issue(
                SpiffeId.of(stranger, SystemIdentity.ADMIN), Duration.ofHours(1));

        assertThat(refusal(foreign, west.bundles(), SERVER::equals).getStatus().getCode())
                .isEqualTo(Status.Code.UNAVAILABLE);
        Await.until("counted", () -> counters.count("handshake_failed") > 0);
        assertThat(counters.count("client_unknown_trust_domain")).isPositive();
    }

    @Test
    void garbage_is_counted_and_the_port_goes_on() throws Exception {
        HostPort address = new HostPort(InetAddress.getLoopbackAddress().getHostAddress(), server.getPort());

        Stranger.garbage(address);
        Stranger.silent(address);

        Await.until("counted", () -> counters.count("handshake_failed") == 2);
        assertThat(call(west.issue(ADMIN, Duration.ofHours(1)), west.bundles(), SERVER::equals))
                .isEqualTo(ADMIN.toString());
        assertThat(counters.count("handshake_failed")).as("a good connection is none of them").isEqualTo(2);
    }

    @Test
    void a_caller_with_an_expired_svid_gets_no_connection() {
        assertThat(refusal(west.issue(ADMIN, Duration.ofSeconds(-5)), west.bundles(), SERVER::equals)
                        .getStatus().getCode())
                .isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void a_client_rejects_a_server_of_another_identity_and_says_so() {
        StatusRuntimeException refusal =
                refusal(west.issue(ADMIN, Duration.ofHours(1)), west.bundles(), WEB::equals);

        assertThat(PeerRejected.in(refusal).orElseThrow().cause())
                .isEqualTo(PeerRejected.Cause.UNEXPECTED_IDENTITY);
    }

    @Test
    void a_client_rejects_a_server_that_its_bundle_does_not_vouch_for() {
        Bundles other = new Bundles(Map.of(WEST, new TestAuthority(WEST).bundle()));

        StatusRuntimeException refusal = refusal(west.issue(ADMIN, Duration.ofHours(1)), other, SERVER::equals);

        assertThat(PeerRejected.in(refusal).orElseThrow().cause()).isEqualTo(PeerRejected.Cause.CHAIN_INVALID);
    }

    @Test
    void a_new_connection_gets_the_renewed_svid_of_the_server() {
        Svid admin = west.issue(ADMIN, Duration.ofHours(1));
        SpiffeId renamed = SpiffeId.of(WEST, SystemIdentity.PROXY);
        call(admin, west.bundles(), SERVER::equals);

        serverSvid.set(west.issue(renamed, Duration.ofHours(1)));

        assertThat(call(admin, west.bundles(), renamed::equals)).isEqualTo(ADMIN.toString());
    }

    private StatusRuntimeException refusal(@Nullable Svid as, Bundles bundles, Predicate<SpiffeId> expected) {
        return catchThrowableOfType(StatusRuntimeException.class, () -> call(as, bundles, expected));
    }

    private String call(@Nullable Svid as, Bundles bundles, Predicate<SpiffeId> expected) {
        HostPort address = new HostPort(InetAddress.getLoopbackAddress().getHostAddress(), server.getPort());
        SvidSource source = as == null ? null : TestAuthority.fixed(as);
        ManagedChannel channel =
                MeshChannel.builder(address, source, () -> bundles, expected, null).build();
        try {
            return TrustAdminGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(Await.SECONDS, TimeUnit.SECONDS)
                    .status(TrustStatusRequest.getDefaultInstance())
                    .getTrustDomain();
        } finally {
            channel.shutdownNow();
        }
    }

    private static SvidSource live(AtomicReference<Svid> svid) {
        return new SvidSource() {
            @Override
            public Svid current() {
                return svid.get();
            }

            @Override
            public Subscription onChange(Consumer<Svid> listener) {
                return () -> {};
            }
        };
    }

    private static final class EchoesPeer extends TrustAdminGrpc.TrustAdminImplBase {
        @Override
        public void status(TrustStatusRequest request, StreamObserver<TrustStatus> observer) {
            observer.onNext(TrustStatus.newBuilder().setTrustDomain(MeshServer.PEER.get().toString()).build());
            observer.onCompleted();
        }
    }
}
