package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.Pattern;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Opaque connections of which one side has said all that it has to say, and the other has not. */
@Timeout(180)
class HalfClosedTest {
    private final SmallMesh mesh = new SmallMesh();
    private final Pattern pattern = new Pattern();

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private Socket call(RawApp app) throws Exception {
        Hosted dump = mesh.workload("dump", "v1", app.port(), Protocol.TCP);
        mesh.publish(SmallMesh.service("dump", Protocol.TCP), SmallMesh.endpoint(dump));
        InetSocketAddress address = mesh.upstream(mesh.client("web"), "dump").address();
        Socket client = mesh.track(new Socket());
        client.setReceiveBufferSize(64 * 1024);
        client.setSoTimeout(30_000);
        client.connect(address);
        return client;
    }

    @Test
    void a_client_that_has_sent_all_gets_a_long_answer_whole_though_it_reads_late() throws Exception {
        RawApp app = mesh.track(RawApp.plain(connection -> {
            connection.read(5);
            pattern.writeTo(connection.socket().getOutputStream());
        }));
        Socket client = call(app);

        client.getOutputStream().write("dump\n".getBytes(StandardCharsets.US_ASCII));
        // Only then, for an application that is slow to begin would be cut for its silence.
        Await.untilStill("the application is held up", pattern.written::get);
        client.shutdownOutput();
        // longer than the silence after which such a client is taken to be gone
        Await.untilStill("the application is held up", pattern.written::get, Duration.ofSeconds(5));
        pattern.enough();

        assertThat(Pattern.readAll(client.getInputStream())).isEqualTo(pattern.written.get()).isLessThan(Pattern.CAP);
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND).failure()).isNull();
    }

    @Test
    void an_application_that_has_sent_all_gets_a_long_upload_whole_though_it_reads_late() throws Exception {
        CountDownLatch heldUp = new CountDownLatch(1);
        CompletableFuture<Long> received = new CompletableFuture<>();
        RawApp app = mesh.track(RawApp.plain(connection -> {
            connection.write("go ahead\n");
            heldUp.await();
            connection.socket().shutdownOutput();
            received.complete(Pattern.readAll(connection.socket().getInputStream()));
        }));
        Socket client = call(app);
        assertThat(client.getInputStream().readNBytes(9)).asString().isEqualTo("go ahead\n");

        Thread.ofVirtual().start(() -> {
            try (client) {
                pattern.writeTo(client.getOutputStream());
            } catch (Exception e) {
                received.completeExceptionally(e);
            }
        });
        Await.untilStill("the client is held up", pattern.written::get);
        pattern.enough();
        heldUp.countDown();

        assertThat(received.join()).isEqualTo(pattern.written.get()).isLessThan(Pattern.CAP);
    }
}
