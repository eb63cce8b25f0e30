package dev.meshctl.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class SampleServiceTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private static InetSocketAddress at(SampleService service) {
        return new InetSocketAddress("127.0.0.1", service.port());
    }

    private static URI url(SampleService service, String path) {
        return URI.create("http://127.0.0.1:" + service.port() + path);
    }

    private static SampleOptions options(String name, List<URI> calls, double errorRate) {
        return new SampleOptions(name, "v1", "127.0.0.1", 0, calls, errorRate, Duration.ZERO, null);
    }

    @Test
    void says_who_it_is() throws IOException {
        try (SampleService service = SampleService.start(SampleOptions.of("payments", "v2"))) {
            HttpAnswer answer = LoadClient.get(at(service), url(service, "/"), TIMEOUT);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).contains("\"service\":\"payments\"", "\"version\":\"v2\"");
            assertThat(LoadClient.get(at(service), url(service, "/healthz"), TIMEOUT).body()).isEqualTo("ok\n");
        }
    }

    @Test
    void calls_others_through_the_proxy_of_its_environment() throws IOException {
        // A plain server stands in for the proxy: it shows the absolute form that it was asked for.
        try (SampleService proxy = SampleService.start(SampleOptions.of("proxy", "v1"))) {
            SampleOptions options = SampleOptions.parse(
                    List.of("--name", "web", "--call", "http://orders.shop/"),
                    "http://127.0.0.1:" + proxy.port());
            try (SampleService web = SampleService.start(options)) {
                HttpAnswer answer = LoadClient.get(at(web), url(web, "/"), TIMEOUT);
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.body()).contains("\"service\":\"proxy\"", "\"path\":\"http://orders.shop/\"");
            }
        }
    }

    @Test
    void a_failed_call_makes_the_answer_a_502_that_names_it() throws IOException {
        try (SampleService broken = SampleService.start(options("orders", List.of(), 1));
                SampleService web = SampleService.start(options("web", List.of(url(broken, "/")), 0))) {
            HttpAnswer answer = LoadClient.get(at(web), url(web, "/"), TIMEOUT);
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.body()).contains("\"status\":500", "this version is broken");
        }
    }

    @Test
    void load_counts_answers_by_version_and_failures_by_cause() throws IOException {
        try (SampleService good = SampleService.start(SampleOptions.of("a", "v1"));
                SampleService bad = SampleService.start(options("b", List.of(), 1))) {
            LoadClient load = LoadClient.closedLoop(at(good), url(good, "/"), 4);
            LoadClient failing = LoadClient.closedLoop(at(bad), url(bad, "/"), 1);
            awaitRequests(load, 100);
            awaitRequests(failing, 5);
            LoadReport report = load.stop();
            assertThat(report.failed()).isZero();
            assertThat(report.byVersion().get("v1")).isEqualTo(report.requests()).isEqualTo(good.requests());
            assertThat(report.latencies().count()).isEqualTo(report.requests());
            LoadReport failures = failing.stop();
            assertThat(failures.failed()).isEqualTo(failures.requests());
            assertThat(failures.byCause()).containsOnlyKeys("status_500");
        }
    }

    @Test
    void wrong_flags_are_named() {
        assertThatThrownBy(() -> SampleOptions.parse(List.of("--name", "a", "--port", "x"), null))
                .hasMessageContaining("--port");
        assertThatThrownBy(() -> SampleOptions.parse(List.of("--name", "a", "--colour", "red"), null))
                .hasMessageContaining("--colour");
        assertThatThrownBy(() -> SampleOptions.parse(List.of("--name", "a", "--error-rate", "2"), null))
                .hasMessageContaining("0 to 1");
        assertThatThrownBy(() -> SampleOptions.parse(List.of("--port"), null)).hasMessageContaining("needs a value");
    }

    @Test
    void percentiles_are_within_their_bound() {
        Latencies latencies = new Latencies();
        for (int millis = 1; millis <= 1000; millis++) {
            latencies.record(Duration.ofMillis(millis));
        }
        assertThat(latencies.percentile(50).toMillis()).isBetween(500L, 517L);
        assertThat(latencies.percentile(99).toMillis()).isBetween(990L, 1023L);
        latencies.record(Duration.ofDays(1));
        assertThat(latencies.count()).isEqualTo(1001);
    }

    private static void awaitRequests(LoadClient load, long wanted) {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (load.report().requests() < wanted) {
            assertThat(System.nanoTime() - deadline).as("ns past the deadline for " + wanted + " requests").isNegative();
            LockSupport.parkNanos(1_000_000);
        }
    }
}
