package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that speak HTTP/2 to an application that speaks HTTP/1. */
@Timeout(180)
class Http2ToHttp1Test {
    /** The preface and empty SETTINGS. */
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0\0\0\4\0\0\0\0\0";
    /** GET, http, /, authority "payments". */
    private static final String FIELDS = "\u0082\u0086\u0084\1\10payments";

    private final SmallMesh mesh = new SmallMesh();

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    /** HEADERS with END_HEADERS and END_STREAM. */
    private static String get(char stream) {
        return "\0\0" + (char) FIELDS.length() + "\1\5\0\0\0" + stream + FIELDS;
    }

    @Test
    void requests_without_body_reach_it_as_such_one_after_the_other_on_one_connection() throws Exception {
        List<String> heads = new CopyOnWriteArrayList<>();
        RawApp app = mesh.track(RawApp.plain(connection -> {
            while (true) {
                heads.add(connection.readHead());
                connection.answer(200, "answer " + heads.size());
            }
        }));
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1),
                SmallMesh.endpoint(mesh.workload("payments", "v1", app.port(), Protocol.HTTP1)));
        RawHttp client = mesh.track(new RawHttp(mesh.outbound(mesh.client("web")).address()));

        client.send(PREFACE + get('\1')).readUntil("answer 1");
        client.send(get('\3')).readUntil("answer 2");

        assertThat(heads).hasSize(2).allSatisfy(head -> assertThat(head)
                .startsWith("GET / HTTP/1.1\r\n").contains("payments").doesNotContain("transfer-encoding"));
        assertThat(app.connections).hasValue(1);
    }
}
