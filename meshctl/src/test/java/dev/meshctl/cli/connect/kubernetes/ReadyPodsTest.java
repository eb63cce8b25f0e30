package dev.meshctl.cli.connect.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.kubernetes.testing.MockApi;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReadyPodsTest {
    private final MockApi api = MockApi.crud();
    private final KubernetesClient client = api.client();

    @AfterEach
    void stop() {
        api.close();
    }

    private void pod(String name, String part) {
        client.pods().inNamespace("mesh-system").resource(new PodBuilder().withNewMetadata().withName(name)
                .withNamespace("mesh-system")
                .withLabels(Map.of("app.kubernetes.io/part-of", "meshctl", "app.kubernetes.io/name", part)).endMetadata()
                .withNewSpec().endSpec().withNewStatus().addNewCondition().withType("Ready").withStatus("True").endCondition()
                .endStatus().build()).create();
    }

    private ReadyPods pods(SystemIdentity part) {
        return new ReadyPods(client, new Cluster("west", new TrustDomain("west.mesh"), new Place.Context("west", List.of()),
                Path.of("/nowhere")), part);
    }

    @Test
    void the_replica_that_writes_is_asked_before_the_others_and_the_new_one_once_it_leads() {
        List.of("control-plane-a", "control-plane-b", "control-plane-c").forEach(name -> pod(name, "control-plane"));
        assertThat(pods(SystemIdentity.CONTROL_PLANE).first()).isEqualTo("control-plane-a");

        client.leases().inNamespace("mesh-system").resource(new LeaseBuilder().withNewMetadata().withName("control-plane")
                .withNamespace("mesh-system").endMetadata().withNewSpec().withHolderIdentity("control-plane-b").endSpec().build())
                .create();

        assertThat(pods(SystemIdentity.CONTROL_PLANE).names())
                .containsExactly("control-plane-b", "control-plane-a", "control-plane-c");
    }

    @Test
    void other_parts_are_asked_by_name() {
        pod("trust-bridge-b", "trust-bridge");
        pod("trust-bridge-a", "trust-bridge");

        assertThat(pods(SystemIdentity.TRUST_BRIDGE).names()).containsExactly("trust-bridge-a", "trust-bridge-b");
    }
}
