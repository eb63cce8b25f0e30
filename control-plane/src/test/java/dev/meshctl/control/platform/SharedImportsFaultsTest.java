package dev.meshctl.control.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.control.TestCluster;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Imports that replicas share while news of them are late and writes fail. */
class SharedImportsFaultsTest {
    private static final ServiceName ORDERS = new ServiceName("orders", "shop");

    @TempDir
    Path directory;

    private final MockApi api = MockApi.crud();
    private final KubernetesClient client = api.client();
    private final Counters counters = new Counters();
    private Informers informers;
    private SharedImports shared;
    private volatile boolean linked = true;

    @BeforeEach
    void follow() throws Exception {
        informers = new Informers(counters);
        shared = new SharedImports(client, "mesh-system", informers, counters);
        informers.start(Duration.ofSeconds(Await.SECONDS));
    }

    @AfterEach
    void stop() {
        informers.close();
        api.close();
    }

    private ImportRegistry registry(String replica) throws Exception {
        return new ImportRegistry(directory.resolve(replica),
                peer -> linked ? Optional.of(new TrustDomain(peer + ".mesh")) : Optional.empty(), s -> { }, counters);
    }

    private static PeerImports east() {
        return PeerImports.newBuilder().setPeer("east").addServices(ExportedService.newBuilder()
                .setName("orders").setNamespace("shop").setCluster("east")
                .addPorts(ExportedPort.newBuilder().setNumber(80).setName("http"))
                .addVersions(ExportedVersion.newBuilder().setVersion("v1").setReady(2).setTotal(2)
                        .addIdentities("spiffe://east.mesh/ns/shop/sa/orders"))).build();
    }

    private GenericKubernetesResource stored() {
        return TestCluster.objects(client, Kinds.SERVICE_IMPORT, "shop").withName("orders").get();
    }

    private void write(ImportRegistry imports) {
        shared.write(imports, Set.of("shop"), name -> true);
    }

    private void awaitAdopted() throws Exception {
        ImportRegistry other = registry("other");
        Await.until("the watch tells of it", () -> {
            shared.adopt(other);
            return !other.of(ORDERS).isEmpty();
        });
    }

    @Test
    void an_import_whose_link_is_heard_of_later_is_taken_over_then() throws Exception {
        ImportRegistry leader = registry("leader");
        ImportRegistry follower = registry("follower");
        leader.update(east());
        linked = false;
        write(leader);
        Await.until("the watch tells of the import", () -> {
            shared.adopt(follower);
            return counters.count("imports_of_unlinked_peer") > 0;
        });
        assertThat(follower.of(ORDERS)).isEmpty();

        linked = true;
        shared.adopt(follower);

        assertThat(follower.of(ORDERS)).hasSize(1);
    }

    @Test
    void a_status_that_could_not_be_written_is_written_later() throws Exception {
        ImportRegistry leader = registry("leader");
        leader.update(east());
        api.server().expect().put().withPath("/apis/multicluster.x-k8s.io/v1alpha1/namespaces/shop/serviceimports/orders/status")
                .andReturn(409, new StatusBuilder().withCode(409).withReason("Conflict").build()).times(2);
        write(leader);
        awaitAdopted();
        write(leader);
        assertThat(counters.count("import_conflict")).isEqualTo(2);

        write(leader);

        assertThat(stored().<Object>get("status", "clusters")).asString().contains("cluster=east");
    }

    @Test
    void what_a_replica_has_heard_while_it_led_goes_with_the_objects_that_the_next_leader_has_deleted() throws Exception {
        ImportRegistry ledBefore = registry("led-before");
        ledBefore.update(east());

        shared.adopt(ledBefore);

        assertThat(stored()).isNull();
        assertThat(ledBefore.of(ORDERS)).isEmpty();
    }
}
