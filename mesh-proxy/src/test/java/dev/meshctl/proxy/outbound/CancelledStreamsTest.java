package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** HTTP/2 clients that give a request up whose body nobody has asked for yet, since its connection is still being made. */
@Timeout(180)
class CancelledStreamsTest {
    /** The preface and empty SETTINGS. */
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0\0\0\4\0\0\0\0\0";
    /** Stream 1: HEADERS with END_HEADERS, POST, http, /, authority "orders". */
    private static final String POST = "\0\0\13\1\4\0\0\0\1" + "\u0083\u0086\u0084\1\6orders";
    /** Stream 1: DATA, not the last. */
    private static final String DATA = "\0\0\5\0\0\0\0\0\1" + "hello";
    /** Stream 1: RST_STREAM with CANCEL. */
    private static final String CANCEL = "\0\0\4\3\0\0\0\0\1" + "\0\0\0\10";

    private final SmallMesh mesh = new SmallMesh(1);
    private final CountDownLatch given = new CountDownLatch(1);
    private RawApp app;
    private RawHttp client;

    @BeforeEach
    void call() throws Exception {
        app = mesh.track(RawApp.secured(mesh.svid("orders"), connection -> {
            given.await();
            connection.readHead();
        }));
        mesh.publish(SmallMesh.service("orders", Protocol.HTTP1),
                SmallMesh.endpoint("slow", app.address(), "v1", "orders", mesh.id("orders")));
        client = mesh.track(new RawHttp(mesh.outbound(mesh.client("web")).address()));
        client.send(PREFACE + POST + DATA);
        Await.until("the dial has begun", () -> app.connections.get() == 1);
    }

    @AfterEach
    void close() throws Exception {
        given.countDown();
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    @Test
    void a_request_whose_stream_is_reset_is_over() throws Exception {
        client.send(CANCEL);

        assertThat(mesh.awaitFlow(f -> true).failure()).isEqualTo(FailureCause.CLIENT_CLOSED);
        assertThat(app.requests).hasValue(0);
    }

    @Test
    void a_request_whose_connection_is_closed_is_over() throws Exception {
        client.close();

        assertThat(mesh.awaitFlow(f -> true).failure()).isEqualTo(FailureCause.CLIENT_CLOSED);
        assertThat(app.requests).hasValue(0);
    }
}
