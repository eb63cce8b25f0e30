package dev.meshctl.proxy.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.flow.AppPort;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.proxy.testing.GrpcLines;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import dev.meshctl.proxy.testing.TestApp;
import java.net.InetAddress;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callers without mTLS, while the mesh lets them in. */
@Timeout(180)
class PermissiveTest {
    private static final String GET = "GET / HTTP/1.1\r\nhost: payments\r\nconnection: close\r\n"
            + "x-forwarded-client-cert: URI=spiffe://west.mesh/ns/shop/sa/web\r\n\r\n";

    private final SmallMesh mesh = new SmallMesh();
    private final TestApp app = mesh.track(TestApp.saying("paid"));
    private Hosted payments;

    @BeforeEach
    void host() {
        mesh.permissive = true;
        payments = mesh.workload("payments", "v1", app.port(), Protocol.HTTP1);
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private String call(String request) throws Exception {
        try (RawHttp client = new RawHttp(payments.address())) {
            return client.send(request).readAll();
        }
    }

    @Test
    void a_plain_request_is_answered_and_counted_as_unidentified_whatever_it_claims() throws Exception {
        assertThat(call(GET)).startsWith("HTTP/1.1 200").endsWith("paid");

        assertThat(app.headers).doesNotContainKey("x-forwarded-client-cert");
        FlowRecord flow = mesh.awaitFlow(f -> f.status() == 200);
        assertThat(flow.mtls()).isFalse();
        assertThat(flow.source()).isNull();
        assertThat(flow.sourceCluster()).isEmpty();
    }

    @Test
    void callers_with_mtls_are_served_and_identified_as_before() throws Exception {
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));
        try (RawHttp client = new RawHttp(mesh.outbound(mesh.client("web")).address())) {
            assertThat(client.send(GET).readAll()).startsWith("HTTP/1.1 200");
        }
        assertThat(app.headers).containsEntry("x-forwarded-client-cert", "URI=" + mesh.id("web"));
        assertThat(mesh.awaitFlow(f -> mesh.id("web").equals(f.source()) && f.peer() == null).mtls()).isTrue();
    }

    @Test
    void a_policy_that_names_identities_keeps_plain_callers_out() throws Exception {
        mesh.access.put("payments", CompiledAccess.compile(Access.newBuilder().addAllows(
                AccessRule.newBuilder().setPolicy("shop/web-only").addIdentities(mesh.id("web").toString())).build()));

        assertThat(call(GET)).startsWith("HTTP/1.1 403").contains("x-meshctl-error: denied")
                .contains("shop/web-only", "the caller is not authenticated");
        assertThat(app.requests).hasValue(0);
    }

    @Test
    void when_the_mesh_is_strict_again_new_plain_connections_are_refused() throws Exception {
        assertThat(call(GET)).startsWith("HTTP/1.1 200");

        mesh.permissive = false;

        assertThat(call(GET)).isEmpty();
        mesh.awaitFlow(f -> f.failure() == FailureCause.PLAINTEXT_REFUSED);
    }

    @Test
    void the_host_header_tells_the_port_of_a_workload_that_has_several() throws Exception {
        TestApp other = mesh.track(TestApp.saying("metrics"));
        payments = mesh.workload("several", "v1", new Application.Process(InetAddress.getLoopbackAddress(), Map.of(
                80, new AppPort(80, app.port(), Protocol.HTTP1),
                9090, new AppPort(9090, other.port(), Protocol.HTTP1))));

        assertThat(call(GET)).endsWith("paid");
        assertThat(call(GET.replace("payments", "payments:9090"))).endsWith("metrics");
        assertThat(call(GET.replace("payments", "payments:81"))).startsWith("HTTP/1.1 503")
                .contains("x-meshctl-error: no_endpoints");
    }

    @Test
    void opaque_bytes_and_grpc_are_let_in_too() throws Exception {
        RawApp lines = mesh.track(RawApp.plain(connection -> connection.write("saw " + connection.read(5))));
        payments = mesh.workload("lines", "v1", lines.port(), Protocol.TCP);
        assertThat(call("\u0001\u0002abc")).isEqualTo("saw \u0001\u0002abc");
        assertThat(mesh.awaitFlow(f -> f.protocol() == FlowProtocol.TCP).source()).isNull();

        GrpcLines.Server server = mesh.track(GrpcLines.serve());
        Hosted greeter = mesh.workload("greeter", "v1", server.port(), Protocol.HTTP2);
        try (GrpcLines.Client client = GrpcLines.connect(greeter.address())) {
            assertThat(client.talk().say("plain")).isEqualTo("echo plain");
        }
    }
}
