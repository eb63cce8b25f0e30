package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers that are complete before their requests are. */
@Timeout(180)
class EarlyAnswerTest {
    /** The preface and empty SETTINGS. */
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0\0\0\4\0\0\0\0\0";
    /** A frame of type RST_STREAM for stream 1; its error code follows. */
    private static final String RESET = "\0\0\4\3\0\0\0\0\1";

    private final SmallMesh mesh = new SmallMesh();
    private final CountDownLatch over = new CountDownLatch(1);

    @AfterEach
    void close() throws Exception {
        over.countDown();
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    /** HEADERS with END_HEADERS of a POST to this authority, whose body is still to come. */
    private static String post(String authority) {
        String fields = "\u0083\u0086\u0084\1" + (char) authority.length() + authority;
        return "\0\0" + (char) fields.length() + "\1\4\0\0\0\1" + fields;
    }

    private Listener answeringAtOnce(String answer, boolean closing) throws Exception {
        RawApp app = mesh.track(RawApp.plain(connection -> {
            connection.readHead();
            connection.write(answer);
            if (!closing) {
                over.await();
            }
        }));
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1),
                SmallMesh.endpoint(mesh.workload("payments", "v1", app.port(), Protocol.HTTP1)));
        return mesh.outbound(mesh.client("web"));
    }

    private static int resetCode(RawHttp client) throws Exception {
        client.readUntil(RESET);
        byte[] code = client.socket().getInputStream().readNBytes(4);
        return java.nio.ByteBuffer.wrap(code).getInt();
    }

    /** A client may take nothing of an answer that it was told to be cancelled (RFC 9113, 8.1). */
    @Test
    void the_rest_of_an_http2_request_is_declined_without_an_error() throws Exception {
        Listener outbound = answeringAtOnce("HTTP/1.1 413 x\r\ncontent-length: 8\r\n\r\ntoo much", false);

        RawHttp client = mesh.track(new RawHttp(outbound.address()));
        client.send(PREFACE + post("payments")).readUntil("too much");

        assertThat(resetCode(client)).isZero();
    }

    @Test
    void the_rest_of_an_http2_request_that_the_mesh_refused_is_declined_without_an_error() throws Exception {
        RawHttp client = mesh.track(new RawHttp(mesh.outbound(mesh.client("web")).address()));
        client.send(PREFACE + post("nobody")).readUntil("no such service");

        assertThat(resetCode(client)).isZero();
    }

    /** It would wait, or send the next request on a connection that is about to be closed (RFC 9110, 10.1.1). */
    @Test
    void a_client_that_was_not_told_to_continue_is_told_that_the_connection_ends() throws Exception {
        Listener outbound = answeringAtOnce("HTTP/1.1 417 x\r\ncontent-length: 0\r\n\r\n", false);

        RawHttp client = mesh.track(new RawHttp(outbound.address()));
        String answer = client.send("POST / HTTP/1.1\r\nhost: payments\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n")
                .readAll();

        assertThat(answer).startsWith("HTTP/1.1 417").contains("connection: close");
    }

    @Test
    void a_client_that_still_sends_is_told_that_the_connection_ends_when_the_application_closes_it() throws Exception {
        Listener outbound = answeringAtOnce("HTTP/1.1 413 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", true);

        RawHttp client = mesh.track(new RawHttp(outbound.address()));
        String answer = client.send("POST / HTTP/1.1\r\nhost: payments\r\ncontent-length: 3\r\n\r\n").readAll();

        assertThat(answer).startsWith("HTTP/1.1 413").contains("connection: close");
    }
}
