package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a connection after a request on it that nobody answers. */
@Timeout(180)
class IdleRequestsTest {
    private static final String GET = "GET / HTTP/1.1\r\nhost: orders\r\n\r\n";

    private final SmallMesh mesh = new SmallMesh(1);

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    /** A client's way to an application that reads its requests and says nothing. */
    private Listener toMute(Limits limits) throws Exception {
        return to(connection -> {
            while (true) {
                connection.readHead();
            }
        }, limits);
    }

    private Listener to(RawApp.Talk talk, Limits limits) throws Exception {
        RawApp mute = mesh.track(RawApp.secured(mesh.svid("orders"), talk));
        mesh.publish(SmallMesh.service("orders", Protocol.HTTP1),
                SmallMesh.endpoint("mute", mute.address(), "v1", "orders", mesh.id("orders")));
        return mesh.outbound(mesh.client("web").limitedBy(limits));
    }

    private static Limits limits(Duration keepAlive, Duration streamIdle) {
        Limits d = SmallMesh.PATIENT;
        return new Limits(d.maxHeaderBytes(), d.maxConcurrentStreams(), d.streamWindowBytes(), d.retryBufferBytes(),
                d.lowWaterBytes(), d.highWaterBytes(), d.maxConnections(), d.maxAppConnections(), d.detectTimeout(),
                d.handshakeTimeout(), d.headerTimeout(), keepAlive, d.poolIdleTimeout(), streamIdle, d.appConnectTimeout());
    }

    @Test
    void the_next_request_that_nobody_answers_is_ended_too() throws Exception {
        Listener outbound = toMute(limits(Duration.ofSeconds(60), Duration.ofMillis(100)));

        try (RawHttp client = new RawHttp(outbound.address())) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.send(GET).readUntil("for 100 ms\n")).startsWith("HTTP/1.1 504").doesNotContain("connection: close");
            }
        }
    }

    @Test
    void a_client_whose_request_waits_for_a_connection_is_not_blamed() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        Listener outbound = to(connection -> over.await(), limits(Duration.ofSeconds(60), Duration.ofMillis(100)));

        try (RawHttp client = new RawHttp(outbound.address())) {
            assertThat(client.send(GET).readUntil("for 100 ms\n")).startsWith("HTTP/1.1 504");
        } finally {
            over.countDown();
        }
    }

    @Test
    void a_client_that_sends_no_other_one_is_let_go() throws Exception {
        Listener outbound = toMute(limits(Duration.ofMillis(200), Duration.ofMillis(100)));

        try (RawHttp client = new RawHttp(outbound.address())) {
            client.send(GET).readUntil("for 100 ms\n");

            assertThat(client.readAll()).isEmpty();
        }
    }
}
