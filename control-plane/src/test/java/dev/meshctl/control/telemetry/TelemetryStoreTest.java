package dev.meshctl.control.telemetry;

import static dev.meshctl.control.telemetry.Windows.inbound;
import static dev.meshctl.control.telemetry.Windows.window;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.telemetry.Direction;
import dev.meshctl.api.proto.telemetry.Series;
import dev.meshctl.api.resource.TrafficShift.Observed;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TelemetryStoreTest {
    private static final ServiceName PAYMENTS = ServiceName.parse("payments.shop");

    private Instant now = Instant.parse("2026-01-31T12:00:00Z");
    private final TelemetryStore store = new TelemetryStore(() -> now);

    @Test
    void windows_of_several_proxies_are_summed_up_with_their_latencies() {
        store.record(window(now.minusSeconds(5), 5, inbound("v1", 90, 0, 10)));
        store.record(window(now.minusSeconds(6), 5, inbound("v1", 10, 5, 1000)));

        var series = store.query(Optional.of(PAYMENTS), Duration.ofSeconds(10), Optional.of(Direction.INBOUND)).getSeries(0);

        assertThat(series.getRequests()).isEqualTo(100);
        assertThat(series.getSuccessPercent()).isEqualTo(95);
        assertThat(series.getRequestsPerSecond()).isEqualTo(10);
        assertThat(series.getP50Ms()).isCloseTo(10, within(0.2));
        assertThat(series.getP99Ms()).isCloseTo(1000, within(20.0));
        assertThat(series.getByStatusMap()).containsExactlyInAnyOrderEntriesOf(Map.of(200, 95L, 500, 5L));
    }

    @Test
    void a_query_looks_back_no_further_than_it_was_asked_to() {
        store.record(window(now.minusSeconds(5), 5, inbound("v1", 10, 0, 1)));
        now = now.plusSeconds(60);
        store.record(window(now.minusSeconds(5), 5, inbound("v1", 1, 0, 1)));

        assertThat(store.query(Optional.empty(), Duration.ofSeconds(30), Optional.empty()).getSeries(0).getRequests()).isEqualTo(1);
        assertThat(store.query(Optional.empty(), Duration.ofSeconds(90), Optional.empty()).getSeries(0).getRequests()).isEqualTo(11);
        assertThat(store.query(Optional.of(ServiceName.parse("web.shop")), Duration.ofSeconds(90), Optional.empty())
                .getSeriesList()).isEmpty();
        assertThat(store.query(Optional.empty(), Duration.ofSeconds(90), Optional.of(Direction.OUTBOUND)).getSeriesList()).isEmpty();
    }

    @Test
    void what_is_older_than_15_minutes_is_forgotten_and_its_memory_given_back() {
        store.record(window(now.minusSeconds(5), 5, inbound("v1", 10, 0, 1)));
        assertThat(store.bytes()).isPositive();

        now = now.plus(Duration.ofMinutes(16));

        assertThat(store.query(Optional.empty(), TelemetryStore.HISTORY, Optional.empty()).getSeriesList()).isEmpty();
        assertThat(store.bytes()).isZero();
        assertThat(store.keys()).isZero();
    }

    @Test
    void the_ring_stays_bounded_however_long_it_runs() {
        long afterOneRound = 0;
        for (int i = 0; i < 3 * TelemetryStore.SLOTS; i++) {
            now = now.plusMillis(TelemetryStore.SLOT_MS);
            store.record(window(now.minusSeconds(5), 5, inbound("v1", 1, 0, 1)));
            afterOneRound = i == TelemetryStore.SLOTS ? store.bytes() : afterOneRound;
        }

        assertThat(store.bytes()).isEqualTo(afterOneRound);
        assertThat(store.query(Optional.empty(), TelemetryStore.HISTORY, Optional.empty()).getSeries(0).getRequests())
                .isEqualTo(TelemetryStore.SLOTS);
    }

    @Test
    void what_is_over_a_bound_is_left_out_and_counted() {
        TelemetryStore small = new TelemetryStore(() -> now, new TelemetryStore.Bounds(2, 2, 1_000_000));
        small.record(window(now.minusSeconds(5), 5, inbound("a", 1, 0, 1), inbound("b", 1, 0, 1), inbound("c", 1, 0, 1)));

        assertThat(small.query(Optional.empty(), Duration.ofMinutes(1), Optional.empty()).getSeriesCount()).isEqualTo(2);
        assertThat(small.counters()).containsEntry("series_dropped", 1L);
    }

    @Test
    void windows_that_make_no_sense_are_counted_by_cause() {
        store.record(window(now.minus(Duration.ofMinutes(20)), 5, inbound("v1", 1, 0, 1)));
        store.record(window(now, 3600, inbound("v1", 1, 0, 1)));
        store.record(window(now.minusSeconds(5), 5,
                inbound("v1", 7, 0, 1).toBuilder().setLatencyUs(ByteString.copyFromUtf8("garbage")).build()));

        assertThat(store.counters()).containsEntry("window_too_old", 1L).containsEntry("window_too_long", 1L)
                .containsEntry("invalid_histogram", 1L);
        assertThat(store.query(Optional.empty(), Duration.ofMinutes(1), Optional.empty()).getSeries(0).getRequests()).isEqualTo(7);
    }

    @Test
    void a_window_of_a_proxy_whose_clock_is_ahead_counts_as_ending_now() {
        store.record(window(now.plusSeconds(30), 5, inbound("v1", 3, 0, 1)));

        assertThat(store.query(Optional.empty(), Duration.ofSeconds(5), Optional.empty()).getSeries(0).getRequests()).isEqualTo(3);
    }

    @Test
    void a_gate_sees_the_servers_side_and_calls_that_never_reached_it() {
        Instant from = now.minusSeconds(10);
        store.record(window(now.minusSeconds(11), 5, inbound("v2", 1000, 1000, 1)));
        store.record(window(now.minusSeconds(10), 5, inbound("v2", 90, 9, 20), inbound("v1", 50, 50, 1)));
        store.record(window(now.minusSeconds(5), 5, Series.newBuilder()
                .setDirection(Direction.OUTBOUND)
                .setDestinationService("payments.shop")
                .setDestinationVersion("v2")
                .setRequests(100)
                .setFailures(19)
                .putFailureCauses("connect_failed", 10)
                .putFailureCauses("upstream_reset", 9)
                .build()));

        Observed observed = new TelemetrySignals(store).observe(PAYMENTS, "v2", 99, from, now);

        assertThat(observed.requests()).isEqualTo(100);
        assertThat(observed.failures()).isEqualTo(19);
        assertThat(observed.successPercent()).contains(81.0);
        assertThat(observed.latencyMs().orElseThrow()).isCloseTo(20, within(0.4));
    }

    @Test
    void nothing_observed_is_neither_good_nor_bad() {
        assertThat(new TelemetrySignals(store).observe(PAYMENTS, "v2", 99, now.minusSeconds(10), now))
                .isEqualTo(new Observed(0, 0, Optional.empty(), Optional.empty()));
    }

    @Test
    void the_store_is_served_as_prometheus_text() {
        store.record(window(now.minusSeconds(5), 5, inbound("v1", 60, 6, 10)));

        assertThat(new TelemetryMetrics(store, () -> now).text())
                .contains("meshctl_control_telemetry_total{event=\"windows\"} 1\n")
                .contains("meshctl_service_requests_per_second{service=\"payments.shop\",version=\"v1\"} 1.000\n")
                .contains("meshctl_service_success_percent{service=\"payments.shop\",version=\"v1\"} 90.000\n")
                .endsWith("\n");
    }
}
