package dev.meshctl.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Stranger;
import dev.meshctl.runtime.testing.TestAuthority;
import dev.meshctl.runtime.testing.TestAuthority.Leaf;
import io.grpc.Server;
import io.netty.handler.ssl.ClientAuth;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a client whose certificate is refused is told by TLS (RFC 8446, 6.2). */
final class RefusalAlertTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final SpiffeId WEB = new SpiffeId(WEST, "shop", "web");

    private final TestAuthority west = new TestAuthority(WEST);
    private Server server;

    @BeforeEach
    void serve() throws Exception {
        server = MeshServer.builder(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                TestAuthority.fixed(west.issue(WEB, Duration.ofHours(1))), west::bundles, ClientAuth.REQUIRE).build().start();
    }

    @AfterEach
    void stop() {
        server.shutdownNow();
    }

    private String told(Svid client) throws Exception {
        return Stranger.refusal(new HostPort("127.0.0.1", server.getPort()), client);
    }

    @Test
    void one_of_this_mesh_is_told_nothing() throws Exception {
        assertThat(told(west.issue(WEB, Duration.ofHours(1)))).isEmpty();
    }

    @Test
    void one_of_a_mesh_that_is_not_linked_is_told_that_its_authority_is_unknown() throws Exception {
        TrustDomain stranger = new TrustDomain("stranger.mesh");

        assertThat(told(new TestAuthority(stranger).issue(new SpiffeId(stranger, "a", "b"), Duration.ofHours(1))))
                .contains("unknown_ca");
    }

    @Test
    void so_is_one_who_only_claims_to_be_of_this_mesh() throws Exception {
        assertThat(told(new TestAuthority(WEST).issue(WEB, Duration.ofHours(1)))).contains("unknown_ca");
    }

    @Test
    void one_that_is_past_its_end_is_told_so() throws Exception {
        assertThat(told(west.issue(WEB, Duration.ofSeconds(-1)))).contains("certificate_expired");
    }

    @Test
    void one_that_is_no_svid_is_told_that_it_is_bad() throws Exception {
        Leaf two = Leaf.svid(List.of(WEB.toString(), WEB + "2"), Instant.now().minusSeconds(5), Instant.now().plusSeconds(60));

        assertThat(told(west.issue(WEB, two))).contains("bad_certificate");
    }
}
