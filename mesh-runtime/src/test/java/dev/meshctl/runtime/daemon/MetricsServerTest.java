package dev.meshctl.runtime.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Stranger;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class MetricsServerTest {
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    @Test
    void readiness_follows_the_reason_and_shows_it() throws IOException, InterruptedException {
        AtomicReference<Optional<String>> reason = new AtomicReference<>(Optional.of("no configuration yet"));
        try (MetricsServer server = new MetricsServer(ANY, () -> "up 1\n", reason::get)) {
            HttpResponse<String> before = get(server, "/readyz");
            reason.set(Optional.empty());

            assertThat(before.statusCode()).isEqualTo(503);
            assertThat(before.body()).contains("no configuration yet");
            assertThat(get(server, "/readyz").statusCode()).isEqualTo(200);
            assertThat(get(server, "/healthz").statusCode()).isEqualTo(200);
            assertThat(get(server, "/metrics").body()).startsWith("up 1\n");
            assertThat(get(server, "/metrics/other").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void what_the_port_turned_away_is_a_metric() throws IOException, InterruptedException {
        try (MetricsServer server = new MetricsServer(ANY, () -> "up 1\n", Optional::empty)) {
            Stranger.garbage(HostPort.of(server.address()));

            assertThat(get(server, "/metrics").body())
                    .contains("meshctl_metrics_refused_total{cause=\"http_garbage\"} 1");
        }
    }

    @Test
    void an_address_in_use_is_named() throws IOException {
        try (MetricsServer first = new MetricsServer(ANY, () -> "", Optional::empty)) {
            assertThatThrownBy(() -> new MetricsServer(first.address(), () -> "", Optional::empty))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining(String.valueOf(first.address().getPort()));
        }
    }

    private static HttpResponse<String> get(MetricsServer server, String path)
            throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + server.address().getPort() + path);
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(45)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
