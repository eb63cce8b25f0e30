package dev.meshctl.cli.platform.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.Test;

class PodProcessTest {
    private static PodBuilder pod(String phase) {
        return new PodBuilder().withNewMetadata().withName("control-plane-1").endMetadata()
                .withNewStatus().withPhase(phase).endStatus();
    }

    @Test
    void a_pod_that_a_rollout_has_replaced_or_a_node_has_evicted_is_not_missed() {
        Pod replaced = pod("Running").editMetadata().withDeletionTimestamp("2026-01-01T00:00:00Z").endMetadata().build();

        assertThat(PodProcess.isLeaving(replaced)).isTrue();
        assertThat(PodProcess.isLeaving(pod("Failed").build())).isTrue();
        assertThat(PodProcess.isLeaving(pod("Pending").build())).isFalse();
        assertThat(PodProcess.isLeaving(pod("Running").build())).isFalse();
    }
}
