package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What leaves the mesh, and what is kept in. Hosts under {@code .invalid} exist nowhere: a call that was let out ends as
 * {@code not_meshed}, one that was kept in as {@code no_such_service}.
 */
@Timeout(180)
class OutsideHostsTest {
    private final SmallMesh mesh = new SmallMesh();
    private Listener outbound;

    @BeforeEach
    void open() {
        outbound = mesh.outbound(mesh.client("web"));
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private FailureCause connect(String authority) throws Exception {
        try (RawHttp client = new RawHttp(outbound.address())) {
            client.send("CONNECT " + authority + " HTTP/1.1\r\nhost: " + authority + "\r\n\r\n").readUntil("\r\n\r\n");
            assertThat(client.send("\u0001").readAll()).as("nothing comes out of the tunnel").isEmpty();
        }
        FlowRecord flow = mesh.awaitFlow(f -> f.failure() != null && f.failure() != FailureCause.CLIENT_CLOSED);
        return flow.failure();
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.invalid:443", "www.example.invalid:443", "www.example.invalid:80", "a.b.c.invalid:22"})
    void tunnels_to_hosts_that_cannot_be_a_service_or_are_none_and_speak_tls_go_out(String authority) throws Exception {
        assertThat(connect(authority)).isEqualTo(FailureCause.NOT_MESHED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gone.shop:80", "gone.shop:8443", "gone:443", "gone.shop.svc.cluster.local:443",
        "gone.shop.svc.clusterset.local:443", "gone.shop.svc.east.mesh:443"})
    void tunnels_to_a_service_that_is_gone_stay_in_the_mesh(String authority) throws Exception {
        assertThat(connect(authority)).isEqualTo(FailureCause.NO_SUCH_SERVICE);
    }

    @Test
    void plain_requests_for_a_service_that_is_gone_are_refused_whatever_their_port() throws Exception {
        for (String host : new String[] {"gone.shop", "gone.shop:443", "example.invalid"}) {
            try (RawHttp client = new RawHttp(outbound.address())) {
                assertThat(client.send("GET / HTTP/1.1\r\nhost: " + host + "\r\nconnection: close\r\n\r\n").readAll())
                        .as(host).startsWith("HTTP/1.1 503").contains("x-meshctl-error: no_such_service");
            }
        }
    }

    @Test
    void a_tunnel_to_an_address_carries_the_bytes_as_they_are_and_is_never_claimed_as_mtls() throws Exception {
        RawApp outside = mesh.track(RawApp.plain(connection -> connection.write("saw " + connection.read(7))));
        try (RawHttp client = new RawHttp(outbound.address())) {
            client.send("CONNECT 127.0.0.1:" + outside.port() + " HTTP/1.1\r\n\r\n").readUntil("\r\n\r\n");
            assertThat(client.send("\u0016\u0003\u0001hello").readAll()).startsWith("saw \u0016\u0003\u0001hell");
        }
        FlowRecord flow = mesh.awaitFlow(f -> f.bytesSent() > 0);
        assertThat(flow.mtls()).isFalse();
        assertThat(flow.destination()).isNull();
    }

    @Test
    void a_tunnel_to_the_proxy_itself_is_refused_as_a_loop() throws Exception {
        assertThat(connect("127.0.0.1:" + outbound.address().getPort())).isEqualTo(FailureCause.LOOP_REFUSED);
    }
}
