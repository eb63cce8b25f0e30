package dev.meshctl.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.proxy.Hosted;
import dev.meshctl.api.proto.proxy.UpstreamListener;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MeshVariablesTest {
    private static final Hosted HOSTED = Hosted.newBuilder()
            .setOutboundAddress("127.9.1.2:15001")
            .addUpstreams(UpstreamListener.newBuilder()
                    .setHost("order-db.shop").setPort(5432).setListenAddress("127.9.1.2:41000"))
            .build();

    @Test
    void calls_go_to_the_outbound_listener_but_those_to_an_upstream_go_straight_to_its_own() {
        Map<String, String> variables = MeshWorkloadRunner.meshVariables(HOSTED, Map.of());

        assertThat(variables)
                .containsEntry("http_proxy", "http://127.9.1.2:15001")
                .containsEntry("MESHCTL_UPSTREAM_ORDER_DB", "127.9.1.2:41000")
                .containsEntry("no_proxy", "localhost,127.0.0.1,127.9.1.2");
    }

    @Test
    void hosts_that_the_user_calls_without_a_proxy_stay_so() {
        Map<String, String> variables =
                MeshWorkloadRunner.meshVariables(HOSTED, Map.of("NO_PROXY", "intra.example, localhost"));

        assertThat(variables.get("NO_PROXY")).isEqualTo("localhost,127.0.0.1,127.9.1.2,intra.example");
    }
}
