package dev.meshctl.control.registry.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.control.TestCluster;
import dev.meshctl.kubernetes.client.ApiClients;
import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.kubernetes.testing.TcpRelay;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A registry whose API server goes away and comes back. */
class ApiServerFaultsTest {
    private static final ServiceName PAYMENTS = new ServiceName("payments", "shop");

    private final MockApi api = MockApi.crud();
    private final KubernetesClient direct = api.client();
    private final Counters counters = new Counters();
    private final Informers informers = new Informers(counters);
    private TcpRelay way;
    private KubernetesClient client;
    private KubernetesRegistry registry;

    @BeforeEach
    void start() throws Exception {
        way = new TcpRelay(URI.create(direct.getMasterUrl().toString()).getPort());
        client = ApiClients.of(new ConfigBuilder(Config.empty()).withMasterUrl("http://127.0.0.1:" + way.port()).build(),
                ApiClients.Manners.PATIENT.counting(counters::increment));
        registry = new KubernetesRegistry(client, informers, new TrustDomain("west.mesh"), s -> { });
        informers.start(Duration.ofSeconds(Await.SECONDS));
    }

    @AfterEach
    void stop() throws Exception {
        informers.close();
        client.close();
        way.close();
        api.close();
    }

    private List<String> addresses() {
        return registry.of(PAYMENTS).stream().map(HostedWorkload::getInboundAddress).toList();
    }

    @Test
    void what_was_known_stays_while_the_api_server_restarts_and_what_changed_meanwhile_is_seen() throws Exception {
        // The mock stands still for long when a watch ends that it is just telling of something: first there is nothing to
        // tell, and then each watch has told what there is.
        Await.until("all watches", () -> informers.interrupted() == 0);
        TestCluster.shop(direct);
        Await.until("the pod", () -> addresses().equals(List.of("10.0.0.5")));
        Await.until("its node and its namespace", () -> registry.namespacesOfMesh().contains("shop")
                && registry.of(PAYMENTS).stream().allMatch(pod -> !pod.getZone().isEmpty()));
        way.cut();
        Await.until("broken watches", () -> counters.count("watch_broken") > 0);
        assertThat(addresses()).as("while nobody answers").containsExactly("10.0.0.5");
        Pod second = direct.pods().inNamespace("shop").resource(TestCluster.pod("payments-2", "v2", "10.0.0.6", true)).create();
        Pod first = direct.pods().inNamespace("shop").withName("payments-1").get();
        direct.discovery().v1().endpointSlices().inNamespace("shop").withName("payments-abc")
                .edit(s -> s.toBuilder().withEndpoints(TestCluster.slice(first, second).getEndpoints()).build());
        way.restore();

        Await.until("the change", () -> addresses().equals(List.of("10.0.0.5", "10.0.0.6")));
    }
}
