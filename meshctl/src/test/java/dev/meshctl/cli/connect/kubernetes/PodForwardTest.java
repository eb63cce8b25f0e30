package dev.meshctl.cli.connect.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.runtime.net.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which pod is asked; that bytes go there shows KubernetesReachIT. */
final class PodForwardTest {
    private final MockApi api = MockApi.scripted();
    private Supplier<String> leader = () -> "control-plane-a";
    private long now;
    private int looked;
    private final PodForward forward = new PodForward(api.client(),
            new Cluster("west", new TrustDomain("west.mesh"), new Place.Context("west", List.of()), Path.of("/nowhere")),
            "control plane", "mesh-system", () -> {
                looked++;
                return leader.get();
            }, 15012, () -> now);

    @AfterEach
    void stop() {
        forward.close();
        api.close();
    }

    private void passes(Duration time) {
        now += time.toNanos();
    }

    @Test
    void while_it_works_the_leader_is_looked_for_again_after_a_while_only() {
        HostPort first = forward.address();
        passes(PodForward.LOOK_AGAIN.minusNanos(1));
        assertThat(forward.address()).isEqualTo(first);
        assertThat(looked).isEqualTo(1);

        passes(Duration.ofNanos(1));
        assertThat(forward.address()).as("the same replica leads").isEqualTo(first);
        assertThat(looked).isEqualTo(2);
    }

    @Test
    void when_another_replica_leads_a_new_way_leads_to_it() {
        HostPort first = forward.address();
        leader = () -> "control-plane-b";
        assertThat(forward.address()).as("not looked again yet").isEqualTo(first);

        passes(PodForward.LOOK_AGAIN);

        assertThat(forward.address()).isNotEqualTo(first);
        assertThat(forward.pod()).isEqualTo("control-plane-b");
    }

    @Test
    void what_is_open_stays_while_nobody_says_who_leads() {
        HostPort first = forward.address();
        leader = () -> {
            throw CliError.failed("the API server is away");
        };
        passes(PodForward.LOOK_AGAIN);

        assertThat(forward.address()).isEqualTo(first);
        assertThat(looked).isEqualTo(2);
    }
}
