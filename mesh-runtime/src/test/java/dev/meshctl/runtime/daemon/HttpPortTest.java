package dev.meshctl.runtime.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.Stranger;
import dev.meshctl.runtime.testing.TestAuthority;
import dev.meshctl.runtime.tls.MeshTls;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpPortTest {
    private final Counters counters = new Counters();
    private @Nullable HttpPort port;

    private HttpPort open(@Nullable SslContext tls) throws IOException {
        port = new HttpPort(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), tls, Map.of(
                "/page", () -> HttpPort.Document.text(200, "text/plain", "hello"),
                "/broken", () -> {
                    throw new IllegalStateException("no page");
                }), counters);
        return port;
    }

    @AfterEach
    void close() {
        if (port != null) {
            port.close();
        }
    }

    private static HostPort at(HttpPort port) {
        return HostPort.of(port.address());
    }

    private static HttpResponse<String> call(HttpPort port, String method, String path)
            throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://" + at(port) + path)).timeout(Duration.ofSeconds(Await.SECONDS))
                            .method(method, HttpRequest.BodyPublishers.noBody()).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private static String talk(HttpPort port, String request) throws IOException {
        try (Socket socket = new Socket(at(port).host(), at(port).port())) {
            socket.setSoTimeout((int) Duration.ofSeconds(Await.SECONDS).toMillis());
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void the_absolute_form_of_a_target_names_the_same_document() throws Exception {
        HttpPort port = open(null);
        String rest = " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

        assertThat(talk(port, "GET http://" + at(port) + "/page?x=http://y/" + rest)).startsWith("HTTP/1.1 200 ");
        assertThat(talk(port, "GET http://" + at(port) + rest)).startsWith("HTTP/1.1 404 ");
    }

    @Test
    void documents_are_served_by_path_and_nothing_else_is() throws Exception {
        HttpPort port = open(null);

        assertThat(call(port, "GET", "/page?x=1").body()).isEqualTo("hello");
        assertThat(call(port, "HEAD", "/page")).satisfies(head -> {
            assertThat(head.body()).isEmpty();
            assertThat(head.headers().firstValue("content-length")).contains("5");
        });
        assertThat(call(port, "GET", "/page/other").statusCode()).isEqualTo(404);
        assertThat(call(port, "POST", "/page")).satisfies(post -> {
            assertThat(post.statusCode()).isEqualTo(405);
            assertThat(post.headers().firstValue("allow")).contains("GET, HEAD");
        });
        assertThat(counters.snapshot()).isEmpty();
    }

    @Test
    void several_requests_of_one_connection_are_answered_one_after_the_other() throws Exception {
        HttpPort port = open(null);

        try (Socket socket = new Socket(at(port).host(), at(port).port())) {
            for (int i = 0; i < 3; i++) {
                socket.getOutputStream().write("GET /page HTTP/1.1\r\nhost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                StringBuilder answer = new StringBuilder();
                while (answer.indexOf("hello") < 0) {
                    answer.append((char) socket.getInputStream().read());
                }
                assertThat(answer).startsWith("HTTP/1.1 200 OK");
            }
        }
        assertThat(talk(port, "GET /page HTTP/1.0\r\n\r\n")).as("an old client is let go").endsWith("hello");
        assertThat(counters.snapshot()).isEmpty();
    }

    @Test
    void a_document_that_cannot_be_made_is_an_error_and_counted() throws Exception {
        HttpPort port = open(null);

        assertThat(call(port, "GET", "/broken").statusCode()).isEqualTo(500);
        assertThat(counters.count("http_document_failed")).isEqualTo(1);
        assertThat(call(port, "GET", "/page").statusCode()).isEqualTo(200);
    }

    @Test
    void garbage_and_those_who_say_nothing_are_counted_and_the_port_goes_on() throws Exception {
        HttpPort port = open(null);

        assertThat(new String(Stranger.garbage(at(port)), StandardCharsets.US_ASCII)).startsWith("HTTP/1.1 400");
        assertThat(talk(port, "GET /" + "x".repeat(5000) + " HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400");
        Stranger.silent(at(port));

        assertThat(counters.count("http_garbage")).isEqualTo(2);
        Await.until("unfinished", () -> counters.count("http_unfinished") == 1);
        assertThat(call(port, "GET", "/page").body()).isEqualTo("hello");
    }

    @Test
    void a_second_request_before_the_answer_to_the_first_ends_the_connection() throws Exception {
        HttpPort port = open(null);
        String request = "GET /page HTTP/1.1\r\nhost: x\r\n\r\n";

        talk(port, request + request + request);

        assertThat(counters.count("http_pipelined")).isEqualTo(1);
        assertThat(call(port, "GET", "/page").body()).isEqualTo("hello");
    }

    @Test
    void connections_over_the_bound_are_closed_and_counted_and_there_is_room_again_later() throws Exception {
        HttpPort port = open(null);
        List<SocketChannel> held = new ArrayList<>();

        Await.until("one is too many", () -> {
            // Those that wait for too long on a busy machine leave room again.
            while (held.size() - counters.count("http_unfinished") <= HttpPort.MAX_CONNECTIONS) {
                held.add(SocketChannel.open(port.address()));
            }
            return counters.count("http_overloaded") > 0;
        });
        // Which of them it is depends on the order in which the system has them accepted.
        Await.until("it is closed", () -> isAnyEnded(held));
        for (SocketChannel channel : held) {
            channel.close();
        }

        Await.until("room", () -> counters.count("http_unfinished") + counters.count("http_overloaded") == held.size());
        assertThat(call(port, "GET", "/page").body()).isEqualTo("hello");
    }

    private static boolean isAnyEnded(List<SocketChannel> channels) throws IOException {
        for (SocketChannel channel : channels) {
            channel.configureBlocking(false);
            if (channel.read(ByteBuffer.allocate(1)) < 0) {
                return true;
            }
        }
        return false;
    }

    @Test
    void what_is_no_tls_is_counted_on_a_port_with_tls() throws Exception {
        TrustDomain west = new TrustDomain("west.mesh");
        HttpPort port = open(MeshTls.publicServer(TestAuthority.fixed(new TestAuthority(west)
                .issue(SpiffeId.of(west, SystemIdentity.TRUST_BRIDGE), Duration.ofHours(1)))));

        Stranger.garbage(at(port));

        Await.until("counted", () -> counters.count("http_tls_failed") == 1);
        assertThat(counters.snapshot()).hasSize(1);
    }

    @Test
    void a_closed_port_gives_its_address_back() throws Exception {
        InetSocketAddress address = open(null).address();
        assertThatThrownBy(() -> new HttpPort(address, null, Map.of(), counters)).isInstanceOf(IOException.class);
        close();

        new HttpPort(address, null, Map.of(), counters).close();
    }
}
