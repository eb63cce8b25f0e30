package dev.meshctl.cli.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.admin.TypeSync;
import dev.meshctl.cli.proxy.ProxySync.State;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ProxySyncTest {
    private static final JsonNode CONNECTED = JsonMapper.shared().readTree("{\"controlPlane\": {\"connected\": true}}");
    private static final JsonNode AWAY =
            JsonMapper.shared().readTree("{\"controlPlane\": {\"connected\": false, \"error\": \"refused\"}}");

    private static Optional<ProxyView> view(int acked, int pending, int nacked) {
        return Optional.of(ProxyView.newBuilder().setConnected(true).addTypes(TypeSync.newBuilder().setType("Service")
                .setAcked(acked).setPending(pending).setNacked(nacked).setLastNack("no such field")).build());
    }

    @Test
    void both_sides_must_agree_for_it_to_be_in_sync() {
        assertThat(ProxySync.of(CONNECTED, view(3, 0, 0), "")).isEqualTo(new ProxySync(State.IN_SYNC, "3 resources confirmed"));
    }

    @Test
    void a_proxy_that_hears_nothing_is_away_whatever_the_control_plane_says() {
        assertThat(ProxySync.of(AWAY, view(3, 0, 0), "")).satisfies(sync -> {
            assertThat(sync.state()).isEqualTo(State.AWAY);
            assertThat(sync.why()).contains("uses what it has").endsWith("refused");
        });
    }

    @Test
    void what_is_not_confirmed_and_what_is_refused_are_told_apart() {
        assertThat(ProxySync.of(CONNECTED, view(3, 1, 0), "").state()).isEqualTo(State.BEHIND);
        assertThat(ProxySync.of(CONNECTED, view(3, 1, 1), "").why()).isEqualTo("1 Service: no such field");
    }

    @Test
    void without_a_word_of_the_control_plane_nobody_knows() {
        assertThat(ProxySync.of(CONNECTED, Optional.empty(), "it does not answer"))
                .isEqualTo(new ProxySync(State.UNKNOWN, "it does not answer"));
        assertThat(ProxySync.of(CONNECTED, Optional.empty(), "").state()).isEqualTo(State.UNKNOWN);
        assertThat(FleetProxies.merged(List.of(List.of(ProxyView.newBuilder().setNode("a").build()),
                List.of(ProxyView.newBuilder().setNode("a").setConnected(true).build())))).singleElement()
                .satisfies(view -> assertThat(view.getConnected()).isTrue());
    }
}
