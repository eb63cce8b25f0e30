package dev.meshctl.cli.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProxyStatsTest {
    private static final String PAGE = """
            # HELP meshctl_requests_total Requests, and opaque connections, that ended.
            # TYPE meshctl_requests_total counter
            meshctl_requests_total{direction="outbound",destination="payments.shop",version="v2",cluster="east",protocol="http/1.1",mtls="true",via_gateway="true",status="200"} 1204
            # TYPE meshctl_request_duration_seconds histogram
            meshctl_request_duration_seconds_bucket{direction="inbound",le="0.001"} 50
            meshctl_request_duration_seconds_bucket{direction="inbound",le="0.01"} 99
            meshctl_request_duration_seconds_bucket{direction="inbound",le="+Inf"} 100
            meshctl_request_duration_seconds_sum{direction="inbound"} 0.250000
            meshctl_request_duration_seconds_count{direction="inbound"} 100
            # TYPE meshctl_config_connected gauge
            meshctl_config_connected 1
            # TYPE odd counter
            odd{text="a \\"b\\" \\\\ c, d=\\"e\\"}"} 0
            broken{text="no end 7
            """;

    @Test
    void calls_are_told_in_words_and_by_their_labels() {
        ProxyStat calls = ProxyStats.of("p", PAGE).getFirst();

        assertThat(calls.ofText()).isEqualTo("out to payments.shop v2 in east through the gateways, http/1.1, mTLS, status=200");
        assertThat(calls.valueText()).isEqualTo("1204");
        assertThat(calls.mentions("status=200")).isTrue();
        assertThat(calls.mentions("status=500")).isFalse();
    }

    @Test
    void a_histogram_is_one_row_that_says_how_many_and_how_long() {
        ProxyStat durations = ProxyStats.of("p", PAGE).get(1);

        assertThat(durations.metric()).isEqualTo("meshctl_request_duration_seconds");
        assertThat(durations.valueText()).isEqualTo("100, mean 2.50 ms, p50 ≤ 1 ms, p99 ≤ 10 ms");
        assertThat(durations.toData()).containsEntry("count", 100L).containsKey("buckets");
    }

    @Test
    void labels_are_read_with_their_escapes_and_lines_without_an_end_are_left_out() {
        List<ProxyStat> stats = ProxyStats.of("p", PAGE);

        assertThat(stats).hasSize(4);
        assertThat(stats.getLast().labels()).containsEntry("text", "a \"b\" \\ c, d=\"e\"}");
        assertThat(stats.getLast().isZero()).isTrue();
    }
}
