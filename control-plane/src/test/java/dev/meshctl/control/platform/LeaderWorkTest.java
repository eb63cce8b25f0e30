package dev.meshctl.control.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only the leader writes: ServiceImports and copies of the bundle. */
class LeaderWorkTest {
    private static final ServiceName ORDERS = new ServiceName("orders", "shop");

    @TempDir
    Path directory;

    private final MockApi api = MockApi.crud();
    private final KubernetesClient client = api.client();
    private final Counters counters = new Counters();
    private Instant now = Instant.parse("2026-01-31T12:00:00Z");

    @AfterEach
    void hangUp() {
        api.close();
    }

    private ImportRegistry registry(String replica) throws Exception {
        return new ImportRegistry(directory.resolve(replica), peer -> Optional.of(new TrustDomain(peer + ".mesh")), s -> { }, counters);
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

    @Test
    void an_import_of_the_leader_is_a_service_import_that_all_other_replicas_serve() throws Exception {
        ImportRegistry leader = registry("leader");
        ImportRegistry follower = registry("follower");
        leader.update(east());
        try (Informers informers = new Informers(counters)) {
            SharedImports shared = new SharedImports(client, "mesh-system", informers, counters);
            informers.start(Duration.ofSeconds(Await.SECONDS));

            shared.write(leader, Set.of("shop"), name -> true);

            assertThat(stored().<Object>get("spec", "ports")).asString().contains("port=80").contains("protocol=TCP");
            assertThat(stored().<Object>get("status", "clusters")).asString().contains("cluster=east");
            Await.until("the follower serves it", () -> {
                shared.adopt(follower);
                return follower.of(ORDERS).equals(leader.of(ORDERS)) && !follower.of(ORDERS).isEmpty();
            });

            leader.forget("east");
            shared.write(leader, Set.of("shop"), name -> true);
            Await.until("it is gone everywhere", () -> {
                shared.adopt(follower);
                return stored() == null && follower.services().isEmpty();
            });
        }
    }

    @Test
    void an_import_that_could_not_be_taken_over_is_so_later_without_another_change() throws Exception {
        ImportRegistry leader = registry("leader");
        leader.update(east());
        AtomicBoolean fails = new AtomicBoolean(true);
        ImportRegistry follower = new ImportRegistry(directory.resolve("follower"), peer -> {
            if (fails.getAndSet(false)) {
                throw new IllegalStateException("as a bug would");
            }
            return Optional.of(new TrustDomain(peer + ".mesh"));
        }, s -> { }, counters);
        try (Informers informers = new Informers(counters)) {
            SharedImports shared = new SharedImports(client, "mesh-system", informers, counters);
            shared.write(leader, Set.of("shop"), name -> true);
            informers.start(Duration.ofSeconds(Await.SECONDS));
            assertThatThrownBy(() -> shared.adopt(follower)).hasMessage("as a bug would");

            shared.adopt(follower);

            assertThat(follower.of(ORDERS)).isNotEmpty();
        }
    }

    @Test
    void an_import_whose_namespace_is_not_here_is_kept_with_the_mesh_and_served_by_all_replicas() throws Exception {
        ImportRegistry leader = registry("leader");
        ImportRegistry follower = registry("follower");
        leader.update(east());
        try (Informers informers = new Informers(counters)) {
            SharedImports shared = new SharedImports(client, "mesh-system", informers, counters);
            informers.start(Duration.ofSeconds(Await.SECONDS));

            shared.write(leader, Set.of("web", "mesh-system"), name -> true);

            assertThat(stored()).isNull();
            assertThat(TestCluster.objects(client, Kinds.SERVICE_IMPORT, "mesh-system").withName("orders.shop").get()).isNotNull();
            Await.until("the follower serves it", () -> {
                shared.adopt(follower);
                return follower.of(ORDERS).equals(leader.of(ORDERS)) && !follower.of(ORDERS).isEmpty();
            });

            // Once there is the namespace, it moves there.
            shared.write(leader, Set.of("shop", "mesh-system"), name -> true);
            Await.until("it has moved", () -> stored() != null
                    && TestCluster.objects(client, Kinds.SERVICE_IMPORT, "mesh-system").withName("orders.shop").get() == null);
        }
    }

    private void publish(String content) {
        client.configMaps().inNamespace("mesh-system").resource(new ConfigMapBuilder().withNewMetadata()
                .withName(BundleCopies.NAME).withNamespace("mesh-system").endMetadata()
                .addToData("bundle.json", content).build()).createOr(existing -> existing.update());
    }

    private ConfigMap copy(String namespace) {
        return client.configMaps().inNamespace(namespace).withName(BundleCopies.NAME).get();
    }

    @Test
    void the_bundle_is_where_proxies_are_follows_its_original_and_goes_with_the_last_proxy() {
        Set<String> ofMesh = new TreeSet<>(Set.of("shop"));
        BundleCopies copies = new BundleCopies(client, "mesh-system", () -> ofMesh, () -> Set.of("shop", "web", "mesh-system"),
                () -> true, () -> now, counters);
        publish("one");

        copies.look();
        assertThat(copy("shop").getData()).isEqualTo(Map.of("bundle.json", "one"));
        assertThat(copy("web")).isNull();

        publish("two");
        now = now.plus(Duration.ofMinutes(2));
        copies.look();
        assertThat(copy("shop").getData()).isEqualTo(Map.of("bundle.json", "two"));

        ofMesh.clear();
        copies.look();
        assertThat(copy("shop")).isNull();
        assertThat(copy("mesh-system")).isNotNull();
    }

    @Test
    void a_copy_that_could_not_be_renewed_is_tried_again_at_the_next_look() {
        BundleCopies copies = new BundleCopies(client, "mesh-system", () -> Set.of("shop"), () -> Set.of("shop", "mesh-system"),
                () -> true, () -> now, counters);
        publish("one");
        copies.look();
        publish("two");
        now = now.plus(Duration.ofMinutes(2));
        api.server().expect().put().withPath("/api/v1/namespaces/shop/configmaps/" + BundleCopies.NAME)
                .andReturn(409, new StatusBuilder().withCode(409).withReason("Conflict").build()).once();
        copies.look();
        assertThat(copy("shop").getData()).isEqualTo(Map.of("bundle.json", "one"));

        copies.look();

        assertThat(copy("shop").getData()).isEqualTo(Map.of("bundle.json", "two"));
    }

    @Test
    void a_config_map_of_somebody_else_is_left_alone() {
        client.configMaps().inNamespace("shop").resource(new ConfigMapBuilder().withNewMetadata()
                .withName(BundleCopies.NAME).withNamespace("shop").endMetadata().addToData("mine", "yes").build()).create();
        publish("one");

        new BundleCopies(client, "mesh-system", () -> Set.of("shop"), () -> Set.of("shop"), () -> true, () -> now, counters).look();

        assertThat(copy("shop").getData()).isEqualTo(Map.of("mine", "yes"));
        assertThat(counters.count("bundle_name_taken")).isEqualTo(1);
    }

    @Test
    void a_replica_that_has_lost_the_lease_copies_nothing() {
        publish("one");

        new BundleCopies(client, "mesh-system", () -> Set.of("shop"), () -> Set.of("shop"), () -> false, () -> now, counters).look();

        assertThat(copy("shop")).isNull();
    }
}
