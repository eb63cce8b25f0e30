package dev.meshctl.cli.top;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.admin.SeriesSummary;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceSignalsTest {
    private static SeriesSummary series(String direction, String version, long requests, long failures, boolean mtls) {
        return SeriesSummary.newBuilder().setDirection(direction).setDestinationService("payments.shop")
                .setDestinationVersion(version).setDestinationCluster("east").setRequests(requests)
                .setRequestsPerSecond(requests / 10.0).setFailures(failures).setMtls(mtls).setP99Ms(requests).build();
    }

    @Test
    void sums_what_callers_see_by_version_and_leaves_out_the_inbound_side() {
        List<ServiceSignals> rows = ServiceSignals.of("west", List.of(
                series("outbound", "v1", 90, 0, true), series("outbound", "v1", 10, 10, true),
                series("inbound", "v1", 500, 0, true), series("outbound", "v2", 1, 0, false)));
        assertThat(rows).hasSize(2);
        assertThat(rows.getFirst().requestsPerSecond()).isEqualTo(10);
        assertThat(rows.getFirst().successPercent()).isEqualTo(90);
        assertThat(rows.getFirst().latency().p99()).as("of the busiest series").isEqualTo(90);
        assertThat(rows.getFirst().mtls()).isTrue();
        assertThat(rows.getLast().mtls()).isFalse();
    }
}
