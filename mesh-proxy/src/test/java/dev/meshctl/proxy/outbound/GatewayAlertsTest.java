package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A gateway sees only a server name, and can say only with an alert why it relays no further. */
@Timeout(180)
class GatewayAlertsTest {
    private final SmallMesh mesh = new SmallMesh();

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    @ParameterizedTest
    @CsvSource({
        "80, reached neither a ready workload of it nor a gateway of its cluster",
        "112, is not exported or its cluster not linked",
    })
    void what_a_gateway_says_is_told_in_words(int alert, String words) throws Exception {
        RawApp gateway = mesh.track(RawApp.plain(connection -> {
            connection.socket().getInputStream().readNBytes(5);
            connection.write("\u0015\3\3\0\2\2" + (char) alert);
        }));
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(
                "east/v1", gateway.address(), "v1", "payments", mesh.id("payments")).setViaGateway(true));

        RawHttp client = mesh.track(new RawHttp(mesh.outbound(mesh.client("web")).address()));
        String answer = client.send("GET / HTTP/1.1\r\nhost: payments\r\nconnection: close\r\n\r\n").readAll();

        assertThat(answer).startsWith("HTTP/1.1 503").contains("x-meshctl-error: connect_failed", words, "payments.shop");
    }
}
