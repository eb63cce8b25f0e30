package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.GrpcLines;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.Pattern;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams of one HTTP/2 connection: each is held up by itself, and none by another. */
@Timeout(180)
class Http2FlowTest {
    private static final int MOST = (int) (Pattern.CAP / GrpcLines.FILLER.length());

    private final SmallMesh mesh = new SmallMesh();
    private GrpcLines.Server server;
    private GrpcLines.Client client;
    private Hosted lines;

    @BeforeEach
    void open() throws Exception {
        server = mesh.track(GrpcLines.serve());
        lines = mesh.workload("lines", "v1", server.port(), Protocol.HTTP2);
        mesh.publish(SmallMesh.service("lines", Protocol.HTTP2), SmallMesh.endpoint(lines));
        client = mesh.track(GrpcLines.connect(mesh.upstream(mesh.client("web"), "lines").address()));
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    @Test
    void a_slow_reader_of_one_stream_slows_its_server_and_no_other_stream() throws Exception {
        GrpcLines.Talk flood = client.flood();
        Await.untilStill("the server is held up", server.flooded::get);

        assertThat(server.flooded.get()).isLessThan(MOST);
        GrpcLines.Talk other = client.talk();
        assertThat(other.say("meanwhile")).isEqualTo("echo meanwhile");

        server.enough();
        flood.takeAll();
        assertThat(flood.end()).isTrue();
        assertThat(flood.cameInOrder(server.flooded.get())).isTrue();
        assertThat(other.say("afterwards")).isEqualTo("echo afterwards");
    }

    @Test
    void a_server_that_takes_one_stream_slowly_slows_its_client_and_no_other_stream() throws Exception {
        GrpcLines.Talk fill = client.fill();
        fill.pourOut();
        Await.untilStill("the client is held up", fill::filled);

        int sent = fill.enough();
        assertThat(sent).isLessThan(MOST);
        assertThat(client.talk().say("meanwhile")).isEqualTo("echo meanwhile");

        server.takeAll();
        assertThat(fill.end()).isTrue();
        assertThat(server.taken).hasValue(sent);
    }

    @Test
    void a_workload_that_drains_cuts_no_call_in_flight_though_new_ones_cross_its_goaway() throws Exception {
        GrpcLines.Talk lasting = client.talk();
        assertThat(lasting.say("one")).isEqualTo("echo one");
        AtomicBoolean over = new AtomicBoolean();
        for (int i = 0; i < 4; i++) {
            Thread.ofVirtual().start(() -> {
                while (!over.get()) {
                    try {
                        client.talk().say("crossing");
                    } catch (RuntimeException | InterruptedException refused) {
                        return; // the workload takes nothing more
                    }
                }
            });
        }
        Await.until("calls come and go", () -> server.calls.get() > 50);

        CompletableFuture<Integer> drained = lines.inbound().drain(Duration.ofSeconds(60)).toCompletableFuture();

        for (int i = 0; i < 10; i++) {
            assertThat(lasting.say("still here")).isEqualTo("echo still here");
        }
        over.set(true);
        assertThat(lasting.end()).isTrue();
        client.close(); // and with it the calls that nobody ended
        assertThat(drained.join()).as("connections cut").isZero();
    }

    @Test
    void many_calls_that_are_cancelled_do_no_harm_to_the_one_that_goes_on() throws Exception {
        GrpcLines.Talk lasting = client.talk();
        assertThat(lasting.say("one")).isEqualTo("echo one");

        for (int i = 0; i < 250; i++) { // more than the 200 that are usual as a bound
            GrpcLines.Talk cancelled = client.talk();
            cancelled.say("hello");
            cancelled.cancel();
        }

        assertThat(lasting.say("two")).isEqualTo("echo two");
        assertThat(lasting.end()).isTrue();
    }
}
