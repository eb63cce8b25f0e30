package dev.meshctl.control.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.control.TestCluster;
import dev.meshctl.control.admin.MeshCatalog;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.registry.kubernetes.KubernetesRegistry;
import dev.meshctl.control.store.kubernetes.KubernetesStore;
import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusWriterTest {
    @TempDir
    Path directory;

    private final MockApi api = MockApi.crud();
    private final KubernetesClient client = api.client();
    private final Counters counters = new Counters();
    private Informers informers;
    private KubernetesStore store;
    private StatusWriter writer;
    private boolean leads = true;

    @BeforeEach
    void start() throws Exception {
        TestCluster.shop(client);
        informers = new Informers(counters);
        KubernetesRegistry registry = new KubernetesRegistry(client, informers, new TrustDomain("west.mesh"), s -> { });
        store = new KubernetesStore(client, informers, registry, () -> leads, counters);
        informers.start(Duration.ofSeconds(Await.SECONDS));
        ImportRegistry imports = new ImportRegistry(directory.resolve("imports"), peer -> Optional.empty(), s -> { }, counters);
        writer = new StatusWriter(client, store, registry, new MeshCatalog(store, registry, imports), imports, "pod-1",
                () -> leads, InstantSource.system(), counters);
    }

    @AfterEach
    void stop() {
        informers.close();
        api.close();
    }

    private GenericKubernetesResource create(Kind kind, String yaml) throws Exception {
        GenericKubernetesResource created = TestCluster.create(client, kind, yaml);
        ResourceKey key = new ResourceKey(kind.name(), "shop", created.getMetadata().getName());
        Await.until("it is known", () -> store.object(key).isPresent());
        return created;
    }

    private static String route(String version) {
        return """
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: payments, namespace: shop, generation: 3}
                spec:
                  parentRefs: [{group: "", kind: Service, name: payments}]
                  rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: %s, weight: 1}]}]
                status:
                  parents:
                  - parentRef: {group: gateway.networking.k8s.io, kind: Gateway, name: edge}
                    controllerName: example.org/gateway
                    conditions: []
                """.formatted(version);
    }

    /** As the upkeep does: what could not be written is written at a later look. */
    private void lookUntilWritten(int statuses) throws Exception {
        Await.until(statuses + " statuses are written", () -> {
            writer.look();
            return counters.count("status_written") == statuses;
        });
    }

    private List<Map<String, Object>> parents() {
        GenericKubernetesResource route = TestCluster.objects(client, Kinds.HTTP_ROUTE, "shop").withName("payments").get();
        return route.get("status", "parents");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> condition(Map<String, Object> holder, String type) {
        return ((List<Map<String, Object>>) holder.get("conditions")).stream()
                .filter(c -> c.get("type").equals(type)).findFirst().orElseThrow();
    }

    @Test
    void a_good_route_is_accepted_with_its_references_resolved_and_other_controllers_are_left_alone() throws Exception {
        create(Kinds.HTTP_ROUTE, route("v1"));

        lookUntilWritten(1);

        assertThat(parents()).extracting(p -> p.get("controllerName"))
                .containsExactly("example.org/gateway", StatusWriter.CONTROLLER);
        Map<String, Object> own = parents().get(1);
        assertThat(condition(own, "Accepted")).containsEntry("status", "True").containsEntry("reason", "Accepted");
        assertThat(condition(own, "ResolvedRefs")).containsEntry("status", "True");
        assertThat(own.get("parentRef")).isEqualTo(Map.of("group", "", "kind", "Service", "name", "payments"));
    }

    @Test
    void a_status_that_says_it_already_is_not_written_again() throws Exception {
        create(Kinds.HTTP_ROUTE, route("v1"));

        lookUntilWritten(1);
        writer.look();

        assertThat(counters.count("status_written")).isEqualTo(1);
    }

    @Test
    void a_backend_that_does_not_exist_is_told_by_a_condition_and_an_event() throws Exception {
        create(Kinds.HTTP_ROUTE, route("v9"));

        lookUntilWritten(1);

        Map<String, Object> resolved = condition(parents().get(1), "ResolvedRefs");
        assertThat(resolved).containsEntry("status", "False").containsEntry("reason", "BackendNotFound");
        assertThat(String.valueOf(resolved.get("message"))).contains("payments.shop has no version v9; it has v1");
        assertThat(client.events().v1().events().inNamespace("shop").list().getItems()).singleElement().satisfies(e -> {
            assertThat(e.getReason()).isEqualTo("BackendNotFound");
            assertThat(e.getRegarding().getName()).isEqualTo("payments");
            assertThat(e.getType()).isEqualTo("Warning");
        });
    }

    @Test
    void a_route_that_is_not_understood_is_not_accepted_with_the_path_and_the_reason() throws Exception {
        create(Kinds.HTTP_ROUTE, route("v1").replace("weight: 1", "weight: -1"));

        lookUntilWritten(1);

        Map<String, Object> accepted = condition(parents().get(1), "Accepted");
        assertThat(accepted).containsEntry("status", "False").containsEntry("reason", "UnsupportedValue");
        assertThat(String.valueOf(accepted.get("message"))).contains("spec.rules[0].backendRefs[0].weight");
    }

    @Test
    void exports_of_what_is_there_are_valid_and_others_say_that_there_is_no_service() throws Exception {
        create(Kinds.SERVICE_EXPORT, "apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\n"
                + "metadata: {name: payments, namespace: shop}\n");
        create(Kinds.SERVICE_EXPORT, "apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\n"
                + "metadata: {name: none, namespace: shop}\n");

        lookUntilWritten(2);

        assertThat(condition(export("payments"), "Valid")).containsEntry("status", "True");
        assertThat(condition(export("payments"), "Conflict")).containsEntry("status", "False");
        assertThat(condition(export("none"), "Valid")).containsEntry("status", "False").containsEntry("reason", "NoService");
    }

    private Map<String, Object> export(String name) {
        return TestCluster.objects(client, Kinds.SERVICE_EXPORT, "shop").withName(name).get().get("status");
    }

    @Test
    void a_replica_that_does_not_lead_writes_no_status() throws Exception {
        create(Kinds.HTTP_ROUTE, route("v1"));
        leads = false;

        writer.look();

        assertThat(parents()).hasSize(1);
        assertThat(counters.count("status_written")).isZero();
    }
}
