package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.Pattern;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever reads slowly slows the writer at the other end; in between little is kept, and nothing is lost. */
@Timeout(180)
class BackPressureTest {
    /** Far below what would be written if nobody were held up, far above what a few connections need. */
    private static final long MOST_HELD = 48L * 1024 * 1024;

    /** More than all sockets on the way hold. */
    private static final long BODY = 128L * 1024 * 1024;

    private final SmallMesh mesh = new SmallMesh();
    private final Pattern pattern = new Pattern();
    private final long heldBefore = held();

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private static long held() {
        ByteBufAllocatorMetric metric = ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric();
        return metric.usedDirectMemory() + metric.usedHeapMemory();
    }

    private void awaitHeldUp() throws InterruptedException {
        Await.untilStill("the writer is held up", pattern.written::get);
        pattern.enough();
        assertThat(pattern.written.get()).isLessThan(Pattern.CAP);
        assertThat(held() - heldBefore).as("bytes that both proxies hold").isLessThan(MOST_HELD);
    }

    private void publish(RawApp app, Protocol protocol) {
        Hosted dump = mesh.workload("dump", "v1", app.port(), protocol);
        mesh.publish(SmallMesh.service("dump", protocol), SmallMesh.endpoint(dump));
    }

    private Socket connect(InetSocketAddress address) throws Exception {
        Socket client = mesh.track(new Socket());
        client.setReceiveBufferSize(64 * 1024);
        client.setSoTimeout(30_000);
        client.connect(address);
        return client;
    }

    private static void send(Socket client, String text) throws Exception {
        client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String readHead(Socket client) throws Exception {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) client.getInputStream().read());
        }
        return head.toString();
    }

    @Test
    void a_slow_reader_of_an_http_answer_slows_the_application() throws Exception {
        RawApp app = mesh.track(RawApp.plain(connection -> {
            connection.readHead();
            connection.write("HTTP/1.1 200 x\r\nconnection: close\r\n\r\n");
            pattern.writeTo(connection.socket().getOutputStream());
        }));
        publish(app, Protocol.HTTP1);
        Socket client = connect(mesh.outbound(mesh.client("web")).address());

        send(client, "GET http://dump/ HTTP/1.0\r\n\r\n"); // so that the body comes without chunks
        awaitHeldUp();

        assertThat(readHead(client)).contains(" 200 ");
        assertThat(Pattern.readAll(client.getInputStream())).isEqualTo(pattern.written.get());
    }

    @Test
    void an_application_that_reads_a_request_slowly_slows_the_client() throws Exception {
        CountDownLatch readNow = new CountDownLatch(1);
        RawApp app = mesh.track(RawApp.plain(connection -> {
            connection.readHead();
            readNow.await();
            long read = Pattern.read(connection.socket().getInputStream(), BODY);
            connection.answer(200, read + " bytes");
        }));
        publish(app, Protocol.HTTP1);
        Socket client = connect(mesh.outbound(mesh.client("web")).address());

        send(client, "POST / HTTP/1.1\r\nhost: dump\r\nconnection: close\r\ncontent-length: " + BODY + "\r\n\r\n");
        OutputStream out = client.getOutputStream();
        CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
            try {
                pattern.writeTo(out, BODY);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }, task -> Thread.ofVirtual().start(task));
        Await.untilStill("the client is held up", pattern.written::get);
        assertThat(pattern.written.get()).isLessThan(BODY);
        assertThat(held() - heldBefore).as("bytes that both proxies hold").isLessThan(MOST_HELD);
        readNow.countDown();

        sent.join();
        String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith(BODY + " bytes");
    }

    /** Writes the pattern, then closes. */
    private void upload(Socket client, CompletableFuture<Long> failed) {
        Thread.ofVirtual().start(() -> {
            try (client) {
                pattern.writeTo(client.getOutputStream());
                // what was written must not be thrown away by closing before it is taken
                client.shutdownOutput();
                client.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
            } catch (Exception e) {
                failed.completeExceptionally(e);
            }
        });
    }

    @Test
    void a_slow_reader_of_an_opaque_connection_slows_the_application() throws Exception {
        RawApp app = mesh.track(RawApp.plain(connection -> pattern.writeTo(connection.socket().getOutputStream())));
        publish(app, Protocol.TCP);
        Socket client = connect(mesh.upstream(mesh.client("web"), "dump").address());

        awaitHeldUp();

        assertThat(Pattern.readAll(client.getInputStream())).isEqualTo(pattern.written.get());
    }

    @Test
    void an_application_that_reads_an_opaque_connection_slowly_slows_the_client() throws Exception {
        CountDownLatch readNow = new CountDownLatch(1);
        CompletableFuture<Long> received = new CompletableFuture<>();
        RawApp app = mesh.track(RawApp.plain(connection -> {
            readNow.await();
            received.complete(Pattern.readAll(connection.socket().getInputStream()));
        }));
        publish(app, Protocol.TCP);
        Socket client = connect(mesh.upstream(mesh.client("web"), "dump").address());

        upload(client, received);
        awaitHeldUp();
        readNow.countDown();

        assertThat(received.join()).isEqualTo(pattern.written.get());
    }
}
