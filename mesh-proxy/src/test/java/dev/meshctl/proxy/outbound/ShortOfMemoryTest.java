package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.flow.BufferMemory;
import dev.meshctl.proxy.flow.BufferMemory.Work;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Connections;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.GrpcLines;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** While buffers take too much of the memory there is, what was begun goes on, and nothing new is begun. */
@Timeout(180)
class ShortOfMemoryTest {
    private static final long BOUND = 64L * 1024 * 1024;
    private static final String SLOW = "GET /slow HTTP/1.1\r\nhost: payments\r\n\r\n";
    private static final String QUICK = "GET /quick HTTP/1.1\r\nhost: payments\r\n\r\n";

    private final AtomicLong used = new AtomicLong();
    private final BufferMemory memory = new BufferMemory(used::get, BOUND);
    private final SmallMesh mesh = new SmallMesh(2, memory);

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private void publish(int appPort, Protocol protocol) {
        mesh.publish(SmallMesh.service("payments", protocol),
                SmallMesh.endpoint(mesh.workload("payments", "v1", appPort, protocol)));
    }

    private RawHttp connect(InetSocketAddress address) throws Exception {
        return mesh.track(new RawHttp(address));
    }

    @Test
    void requests_are_answered_with_the_cause_connections_closed_and_answers_that_were_begun_completed()
            throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        RawApp app = mesh.track(RawApp.plain(connection -> {
            while (true) {
                if (connection.readHead().contains("/slow")) {
                    connection.write("HTTP/1.1 200 x\r\ncontent-length: 10\r\n\r\nbegin");
                    goOn.await();
                    connection.write("-end.");
                } else {
                    connection.answer(200, "quick");
                }
            }
        }));
        publish(app.port(), Protocol.HTTP1);
        InetSocketAddress web = mesh.outbound(mesh.client("web")).address();
        RawHttp slow = connect(web).send(SLOW);
        assertThat(slow.readUntil("begin")).contains(" 200 ");
        RawHttp kept = connect(web).send(QUICK);
        assertThat(kept.readUntil("quick")).contains(" 200 ");

        used.set(BOUND);

        assertThat(kept.send(QUICK).readUntil(" MiB\n"))
                .contains(" 503 ", "x-meshctl-error: overloaded", "64 of 64 MiB");
        assertThat(mesh.awaitFlow(f -> f.failure() == FailureCause.OVERLOADED).path()).isEqualTo("/quick");
        assertThat(connect(web).readAll()).isEmpty();
        assertThat(memory.refused(Work.REQUEST)).isEqualTo(1);
        assertThat(memory.refused(Work.CONNECTION)).isEqualTo(1);
        Await.until("the closed connection is counted", () ->
                mesh.loops.connections().closed(Connections.Kind.OUTBOUND, CloseCause.OVERLOADED) == 1);
        goOn.countDown();
        assertThat(slow.readUntil("-end.")).isEqualTo("-end.");

        used.set(0);

        assertThat(kept.send(QUICK).readUntil("quick")).contains(" 200 ");
        assertThat(connect(web).send(QUICK).readUntil("quick")).contains(" 200 ");
    }

    @Test
    void new_streams_of_a_connection_are_refused_and_open_ones_go_on() throws Exception {
        GrpcLines.Server server = mesh.track(GrpcLines.serve());
        publish(server.port(), Protocol.HTTP2);
        GrpcLines.Client client =
                mesh.track(GrpcLines.connect(mesh.upstream(mesh.client("web"), "payments").address()));
        GrpcLines.Talk open = client.talk();
        assertThat(open.say("one")).isEqualTo("echo one");

        used.set(BOUND);

        assertThat(client.talk().end()).isFalse();
        mesh.awaitFlow(f -> f.failure() == FailureCause.OVERLOADED && f.protocol() == FlowProtocol.GRPC);
        assertThat(open.say("two")).isEqualTo("echo two");
        assertThat(open.end()).isTrue();

        used.set(0);

        assertThat(client.talk().say("three")).isEqualTo("echo three");
    }

    @Test
    void new_opaque_connections_are_closed_and_open_ones_go_on() throws Exception {
        RawApp app = mesh.track(RawApp.plain(connection ->
                connection.socket().getInputStream().transferTo(connection.socket().getOutputStream())));
        publish(app.port(), Protocol.TCP);
        InetSocketAddress web = mesh.upstream(mesh.client("web"), "payments").address();
        RawHttp open = connect(web).send("one\n");
        assertThat(open.readUntil("\n")).isEqualTo("one\n");

        used.set(BOUND);

        assertThat(connect(web).readAll()).isEmpty();
        mesh.awaitFlow(f -> f.failure() == FailureCause.OVERLOADED);
        assertThat(open.send("two\n").readUntil("\n")).isEqualTo("two\n");

        used.set(0);

        assertThat(connect(web).send("three\n").readUntil("\n")).isEqualTo("three\n");
    }
}
