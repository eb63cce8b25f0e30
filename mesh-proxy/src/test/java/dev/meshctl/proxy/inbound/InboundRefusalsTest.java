package dev.meshctl.proxy.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.name.SniName;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import dev.meshctl.proxy.testing.TestApp;
import dev.meshctl.proxy.tls.ConnectionGate;
import dev.meshctl.proxy.tls.Dialer;
import dev.meshctl.proxy.tls.Dialer.Dialed;
import dev.meshctl.proxy.tls.MeshAlpn;
import dev.meshctl.proxy.tls.Origin;
import dev.meshctl.proxy.tls.TlsContexts;
import dev.meshctl.proxy.tls.TlsTarget;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.testing.TestAuthority;
import dev.meshctl.runtime.tls.MeshTls;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class InboundRefusalsTest {
    private static final String SNI = new SniName("", 80, new ServiceName("payments", "shop"), "west").toString();

    private final SmallMesh mesh = new SmallMesh();
    private final TestApp app = TestApp.saying("secret");
    private Hosted payments;

    @BeforeEach
    void host() {
        payments = mesh.workload("payments", "v1", mesh.track(app).port(), Protocol.HTTP1);
    }

    @AfterEach
    void close() throws Exception {
        assertThat(app.requests).as("requests that reached the application").hasValue(0);
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private void dial(SslContext context, String sni) {
        TlsContexts contexts = new TlsContexts() {
            @Override
            public SslContext server() {
                throw new UnsupportedOperationException();
            }

            @Override
            public SslContext client(MeshAlpn protocol) {
                return context;
            }

            @Override
            public boolean trusts(TrustDomain trustDomain) {
                return true;
            }
        };
        Origin origin = new Origin(payments.address(),
                new TlsTarget(contexts, MeshAlpn.HTTP1, sni, Set.of(mesh.id("payments")), Duration.ofSeconds(60)),
                false, ConnectionGate.OPEN, 1, Duration.ofSeconds(60), FailureCause.CONNECT_FAILED);
        CompletableFuture<Dialed> dialed = new CompletableFuture<>();
        var loop = mesh.loops.workers().next();
        loop.execute(() -> new Dialer(mesh.loops, SmallMesh.PATIENT).dial(
                (io.netty.channel.EventLoop) loop, origin, false, dialed::complete));
        dialed.join();
    }

    private SslContext client(Svid svid) {
        return MeshTls.client(svid, mesh.authority::bundles, List.of(MeshAlpn.HTTP1.id()));
    }

    @Test
    void plaintext_is_closed_and_counted() throws Exception {
        try (RawHttp client = new RawHttp(payments.address())) {
            assertThat(client.send("GET / HTTP/1.1\r\nhost: payments\r\n\r\n").readAll()).isEmpty();
        }
        mesh.awaitFlow(f -> f.failure() == FailureCause.PLAINTEXT_REFUSED);
    }

    @Test
    void garbage_in_the_shape_of_a_record_is_closed_and_counted() throws Exception {
        try (RawHttp client = new RawHttp(payments.address())) {
            assertThat(client.send("\u0016\u0003\u0001\u0000\u0008\u0001\u0000\u0000\u0004zzzz").readAll()).isEmpty();
        }
        mesh.awaitFlow(f -> f.failure() == FailureCause.PLAINTEXT_REFUSED);
    }

    @Test
    void a_name_that_is_not_of_this_workload_is_refused() throws Exception {
        dial(client(mesh.svid("web")), new SniName("", 81, new ServiceName("payments", "shop"), "west").toString());
        dial(client(mesh.svid("web")), new SniName("", 80, new ServiceName("orders", "shop"), "west").toString());

        Await.until("both are counted", () -> mesh.flows.size() == 2);
        assertThat(mesh.flows).allMatch(f -> f.failure() == FailureCause.NO_SNI);
    }

    @Test
    void a_caller_of_a_trust_domain_that_is_not_linked_is_refused() throws Exception {
        TestAuthority foreign = new TestAuthority(TrustDomain.ofCluster("elsewhere"));
        dial(client(foreign.issue(new dev.meshctl.api.identity.SpiffeId(foreign.trustDomain(), "shop", "web"),
                Duration.ofHours(1))), SNI);

        mesh.awaitFlow(f -> f.failure() == FailureCause.NO_PEER_IDENTITY);
    }

    @Test
    void a_caller_without_a_certificate_is_refused() throws Exception {
        dial(MeshTls.anonymousClient(mesh.authority::bundles, List.of(MeshAlpn.HTTP1.id()), id -> true), SNI);

        mesh.awaitFlow(f -> f.failure() == FailureCause.NO_PEER_IDENTITY);
    }
}
