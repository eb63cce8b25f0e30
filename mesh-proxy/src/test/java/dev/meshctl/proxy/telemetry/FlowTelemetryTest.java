package dev.meshctl.proxy.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.telemetry.Series;
import dev.meshctl.api.proto.telemetry.Window;
import dev.meshctl.proxy.flow.FailureCause;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

final class FlowTelemetryTest {
    private final FlowTelemetry telemetry = new FlowTelemetry(3);

    private Window window() {
        return WindowMessage.of("n", Instant.EPOCH, Duration.ofSeconds(5), telemetry.takeWindow());
    }

    @Test
    void a_window_holds_exactly_what_ended_in_it() throws Exception {
        // given
        telemetry.finished(Flows.ok("v1", 200, Duration.ofMillis(3)));
        telemetry.finished(Flows.ok("v1", 404, Duration.ofMillis(5)));
        telemetry.finished(Flows.failed("v1", 503, FailureCause.CONNECT_FAILED));
        telemetry.finished(Flows.denied("v1"));
        // when
        Window window = window();
        // then
        assertThat(window.getSeriesCount()).isEqualTo(1);
        Series series = window.getSeries(0);
        assertThat(series.getSourceIdentity()).isEqualTo("spiffe://west.mesh/ns/shop/sa/web");
        assertThat(series.getDestinationService()).isEqualTo("payments.shop");
        assertThat(series.getDestinationVersion()).isEqualTo("v1");
        assertThat(series.getDestinationCluster()).isEqualTo("east");
        assertThat(series.getViaGateway()).isTrue();
        assertThat(series.getRequests()).isEqualTo(4);
        assertThat(series.getByStatusMap()).containsOnly(
                Map.entry(200, 1L), Map.entry(404, 1L),
                Map.entry(503, 1L), Map.entry(403, 1L));
        assertThat(series.getFailures()).isEqualTo(1);
        assertThat(series.getFailureCausesMap()).containsEntry("connect_failed", 1L).containsEntry("denied", 1L);
        assertThat(series.getDenied()).isEqualTo(1);
        assertThat(series.getRetries()).isEqualTo(4);
        assertThat(series.getBytesSent()).isEqualTo(400);
        Histogram latency = Histogram.decodeFromCompressedByteBuffer(series.getLatencyUs().asReadOnlyByteBuffer(), 0);
        assertThat(latency.getTotalCount()).isEqualTo(4);
        assertThat(latency.getValueAtPercentile(100)).isBetween(5000L, 5063L);
        // and the next window starts empty
        assertThat(window().getSeriesCount()).isZero();
    }

    @Test
    void any_number_of_different_statuses_is_counted_up_to_a_bound() {
        for (int status = 200; status < 263; status++) {
            telemetry.finished(Flows.ok("v1", status, Duration.ofMillis(1)));
        }
        telemetry.finished(Flows.ok("v1", 299, Duration.ofMillis(1)));
        telemetry.finished(Flows.ok("v1", 262, Duration.ofMillis(1)));

        Map<Integer, Long> counted = window().getSeries(0).getByStatusMap();

        assertThat(counted).hasSize(64).containsEntry(200, 1L).containsEntry(262, 2L).containsEntry(0, 1L);
    }

    @Test
    void audited_calls_are_counted_by_policy_up_to_a_bound() {
        telemetry.finished(Flows.audited("shop/watch"));
        telemetry.finished(Flows.audited("shop/watch", "shop/other-watch"));
        telemetry.finished(Flows.ok("v1", 200, Duration.ofMillis(1)));
        for (int i = 0; i < 2 * AuditCounts.MAX_POLICIES; i++) {
            telemetry.finished(Flows.audited("shop/p" + i));
        }

        PrometheusText page = new PrometheusText();
        telemetry.writeTo(page);

        List<String> lines = page.toString().lines().filter(line -> line.startsWith("meshctl_audited_total{")).toList();
        assertThat(lines).contains(
                "meshctl_audited_total{policy=\"shop/watch\",destination=\"payments.shop\",allowed=\"true\"} 2",
                "meshctl_audited_total{policy=\"shop/other-watch\",destination=\"payments.shop\",allowed=\"true\"} 1",
                "meshctl_audited_total{policy=\"other\",allowed=\"true\"} 502");
        assertThat(lines).hasSize(AuditCounts.MAX_POLICIES + 1);
    }

    @Test
    void latencies_beyond_the_range_are_counted_at_its_end() throws Exception {
        telemetry.finished(Flows.ok("v1", 200, Duration.ofHours(2)));
        telemetry.finished(Flows.ok("v1", 200, Duration.ZERO));
        Histogram latency = Histogram.decodeFromCompressedByteBuffer(
                window().getSeries(0).getLatencyUs().asReadOnlyByteBuffer(), 0);
        assertThat(latency.getMinNonZeroValue()).isEqualTo(1);
        assertThat(latency.getMaxValue()).isBetween(60_000_000L, 60_600_000L);
    }

    @Test
    void series_over_the_bound_are_counted_together_and_no_request_is_lost() {
        for (int i = 0; i < 10; i++) {
            telemetry.finished(Flows.ok("v" + i, 200, Duration.ofMillis(1)));
        }
        Window window = window();
        assertThat(window.getSeriesList()).extracting(Series::getRoute)
                .containsExactlyInAnyOrder("shop/payments/0", "shop/payments/0", "shop/payments/0", "other");
        assertThat(window.getSeriesList().stream().mapToLong(Series::getRequests).sum()).isEqualTo(10);
        assertThat(window.getDroppedSeries()).isEqualTo(7);
    }

    @Test
    void nothing_is_lost_or_counted_twice_while_event_loops_write_and_windows_end() throws Exception {
        // given two event loops that count
        int each = 50_000;
        List<Thread> loops = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            Thread loop = new FastThreadLocalThread(() -> {
                for (int i = 0; i < each; i++) {
                    telemetry.finished(Flows.ok("v1", 200, Duration.ofMillis(1)));
                }
            });
            loops.add(loop);
            loop.start();
        }
        // when windows end meanwhile
        long counted = 0;
        while (loops.stream().anyMatch(Thread::isAlive)) {
            counted += requests(window());
        }
        counted += requests(window());
        // then
        assertThat(counted).isEqualTo(2L * each);
        assertThat(metric("meshctl_requests_total")).singleElement().asString().endsWith(" " + 2 * each);
    }

    private static long requests(Window window) {
        return window.getSeriesList().stream().mapToLong(Series::getRequests).sum();
    }

    private List<String> metric(String prefix) {
        PrometheusText text = new PrometheusText();
        telemetry.writeTo(text);
        return text.toString().lines().filter(line -> line.startsWith(prefix)).collect(Collectors.toList());
    }

    @Test
    void metrics_go_on_over_the_end_of_a_window() {
        telemetry.finished(Flows.ok("v1", 200, Duration.ofMillis(3)));
        window();
        telemetry.finished(Flows.failed("v1", 503, FailureCause.NO_ENDPOINTS));
        assertThat(metric("meshctl_requests_total")).hasSize(2)
                .anyMatch(line -> line.contains("status=\"200\"") && line.endsWith(" 1"))
                .anyMatch(line -> line.contains("status=\"503\"") && line.endsWith(" 1"));
        assertThat(metric("meshctl_request_failures_total")).singleElement().asString()
                .contains("cause=\"no_endpoints\"").endsWith(" 1");
        assertThat(metric("meshctl_request_duration_seconds_bucket"))
                .anyMatch(line -> line.contains("le=\"0.0025\"") && line.endsWith(" 1"))
                .anyMatch(line -> line.contains("le=\"0.005\"") && line.endsWith(" 2"))
                .anyMatch(line -> line.contains("le=\"+Inf\"") && line.endsWith(" 2"));
    }

    @Test
    void label_values_cannot_break_the_page() {
        assertThat(Labels.of("a", "x\"\\\ny").and("b", ""))
                .hasToString("{a=\"x\\\"\\\\\\ny\"}");
    }
}
