package dev.meshctl.control.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Route;
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
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
    private KubernetesRegistry registry;
    private KubernetesStore store;
    private StatusWriter writer;
    private ImportRegistry imports;
    private boolean leads = true;
    private Instant now = Instant.parse("2026-01-31T12:00:00Z");

    @BeforeEach
    void start() throws Exception {
        TestCluster.shop(client);
        informers = new Informers(counters);
        registry = new KubernetesRegistry(client, informers, new TrustDomain("west.mesh"), s -> { });
        store = new KubernetesStore(client, informers, registry, () -> leads, counters);
        informers.start(Duration.ofSeconds(Await.SECONDS));
        imports = new ImportRegistry(directory.resolve("imports"),
                peer -> peer.equals("east") ? Optional.of(new TrustDomain("east.mesh")) : Optional.empty(), s -> { }, counters);
        writer = new StatusWriter(client, store, registry, new MeshCatalog(store, registry, imports), imports, "pod-1",
                () -> leads, () -> now, counters);
    }

    @AfterEach
    void stop() {
        informers.close();
        api.close();
    }

    private GenericKubernetesResource create(Kind kind, String yaml) throws Exception {
        GenericKubernetesResource created = TestCluster.create(client, kind, yaml);
        ResourceKey key = new ResourceKey(kind.name(), "shop", created.getMetadata().getName());
        Await.until("it is known", () -> store.known(key).isPresent());
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
        return parents(Kinds.HTTP_ROUTE);
    }

    private List<Map<String, Object>> parents(Kind kind) {
        GenericKubernetesResource route = TestCluster.objects(client, kind, "shop").withName("payments").get();
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

    /** Says the same in other words, so that the API server counts the intent on; the generation that it has then. */
    private int changed(Kind kind, String name) throws Exception {
        GenericKubernetesResource object = TestCluster.objects(client, kind, "shop").withName(name).get();
        object.getAdditionalProperties().put("spec", changedSpec(object));
        TestCluster.objects(client, kind, "shop").resource(object).update();
        int generation = TestCluster.objects(client, kind, "shop").withName(name).get().getMetadata().getGeneration().intValue();
        ResourceKey key = new ResourceKey(kind.name(), "shop", name);
        Await.until("the change is known", () -> store.known(key).orElseThrow().object().getMetadata().getGeneration() == generation);
        return generation;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> changedSpec(GenericKubernetesResource object) {
        Map<String, Object> spec = new LinkedHashMap<>((Map<String, Object>) object.getAdditionalProperties().get("spec"));
        List<Object> rules = (List<Object>) spec.get("rules");
        if (rules == null) {
            spec.put("connectTimeout", "2s");
        } else {
            spec.put("rules", Stream.concat(rules.stream(), rules.stream()).toList());
        }
        return spec;
    }

    private static String routeOf(String kind, String more) {
        return """
                apiVersion: gateway.networking.k8s.io/v1
                kind: %s
                metadata: {name: payments, namespace: shop}
                spec:
                  parentRefs: [{group: "", kind: Service, name: payments, port: 80}]
                  %s
                """.formatted(kind, more);
    }

    @Test
    void routes_of_each_kind_are_told_of_the_generation_that_was_looked_at() throws Exception {
        String backend = "{group: meshctl.dev, kind: Version, name: %s, weight: 1}";
        create(Kinds.GRPC_ROUTE, routeOf("GRPCRoute", "rules: [{backendRefs: [" + backend.formatted("v1") + "]}]"));
        create(Kinds.TLS_ROUTE, routeOf("TLSRoute", "rules: [{backendRefs: [" + backend.formatted("v9") + "]}]")
                .replace("port: 80", "port: 9090").replace("rules:", "hostnames: [a.example.com]\n  rules:"));
        create(Kinds.TCP_ROUTE, routeOf("TCPRoute", "rules: [{backendRefs: [" + backend.formatted("v1") + "]}]"));

        int generation = changed(Kinds.GRPC_ROUTE, "payments");

        lookUntilWritten(3);

        assertThat(generation).isGreaterThan(1);
        Map<String, Object> grpc = parents(Kinds.GRPC_ROUTE).getFirst();
        assertThat(condition(grpc, "Accepted")).containsEntry("status", "True").containsEntry("observedGeneration", generation);
        assertThat(condition(grpc, "ResolvedRefs")).containsEntry("status", "True")
                .containsEntry("observedGeneration", generation);
        Map<String, Object> tls = parents(Kinds.TLS_ROUTE).getFirst();
        assertThat(condition(tls, "Accepted")).containsEntry("status", "True").containsEntry("observedGeneration", 1);
        assertThat(condition(tls, "ResolvedRefs")).containsEntry("reason", "BackendNotFound");
        Map<String, Object> tcp = parents(Kinds.TCP_ROUTE).getFirst();
        assertThat(condition(tcp, "Accepted")).containsEntry("status", "False").containsEntry("reason", "Conflicted")
                .containsEntry("observedGeneration", 1);
        assertThat(String.valueOf(condition(tcp, "Accepted").get("message"))).contains("port 80 of payments.shop has a GRPCRoute");
    }

    @Test
    void a_changed_route_is_told_of_again_with_its_new_generation() throws Exception {
        create(Kinds.HTTP_ROUTE, route("v1"));
        lookUntilWritten(1);
        String since = String.valueOf(condition(parents().get(1), "Accepted").get("lastTransitionTime"));
        int generation = changed(Kinds.HTTP_ROUTE, "payments");

        lookUntilWritten(2);

        assertThat(condition(parents().get(1), "Accepted")).containsEntry("observedGeneration", generation)
                .containsEntry("lastTransitionTime", since);
        assertThat(parents()).extracting(p -> p.get("controllerName")).contains("example.org/gateway");
    }

    @Test
    void a_backend_of_a_kind_that_the_mesh_does_not_know_is_an_invalid_kind() throws Exception {
        create(Kinds.TCP_ROUTE, routeOf("TCPRoute", "rules: [{backendRefs: [{group: example.org, kind: Bucket, name: b}]}]"));

        lookUntilWritten(1);

        Map<String, Object> own = parents(Kinds.TCP_ROUTE).getFirst();
        assertThat(condition(own, "Accepted")).containsEntry("reason", "UnsupportedValue");
        assertThat(condition(own, "ResolvedRefs")).containsEntry("status", "False").containsEntry("reason", "InvalidKind");
    }

    private Map<String, Object> policy(Kind kind, String name) {
        return TestCluster.objects(client, kind, "shop").withName(name).get().get("status");
    }

    @Test
    void policies_are_accepted_or_told_why_they_take_no_effect() throws Exception {
        String traffic = """
                apiVersion: meshctl.dev/v1alpha1
                kind: TrafficPolicy
                metadata: {name: %s, namespace: shop, creationTimestamp: "2026-01-0%sT00:00:00Z"}
                spec: {service: %s}
                """;
        create(Kinds.TRAFFIC_POLICY, traffic.formatted("old", 1, "payments"));
        create(Kinds.TRAFFIC_POLICY, traffic.formatted("young", 2, "payments"));
        create(Kinds.TRAFFIC_POLICY, traffic.formatted("lost", 3, "paymets"));
        create(Kinds.TRAFFIC_POLICY, traffic.formatted("broken", 4, "payments, connectTimeout: 1h"));
        create(Kinds.ACCESS_POLICY, """
                apiVersion: meshctl.dev/v1alpha1
                kind: AccessPolicy
                metadata: {name: closed, namespace: shop}
                spec: {service: payments, action: Deny, rules: [{}]}
                """);

        int generation = changed(Kinds.TRAFFIC_POLICY, "old");

        lookUntilWritten(5);

        assertThat(generation).isGreaterThan(1);
        assertThat(condition(policy(Kinds.TRAFFIC_POLICY, "old"), "Accepted"))
                .containsEntry("status", "True").containsEntry("reason", "Accepted").containsEntry("observedGeneration", generation);
        Map<String, Object> young = condition(policy(Kinds.TRAFFIC_POLICY, "young"), "Accepted");
        assertThat(young).containsEntry("status", "False").containsEntry("reason", "Conflicted");
        assertThat(String.valueOf(young.get("message"))).contains("TrafficPolicy shop/old");
        Map<String, Object> lost = condition(policy(Kinds.TRAFFIC_POLICY, "lost"), "Accepted");
        assertThat(lost).containsEntry("reason", "TargetNotFound");
        assertThat(String.valueOf(lost.get("message"))).contains("did you mean payments.shop?");
        Map<String, Object> broken = condition(policy(Kinds.TRAFFIC_POLICY, "broken"), "Accepted");
        assertThat(broken).containsEntry("reason", "Invalid");
        assertThat(String.valueOf(broken.get("message"))).contains("spec.connectTimeout");
        Map<String, Object> closed = condition(policy(Kinds.ACCESS_POLICY, "closed"), "Accepted");
        assertThat(closed).containsEntry("status", "True").containsEntry("observedGeneration", 1);
        assertThat(String.valueOf(closed.get("message"))).contains("nobody can call payments.shop");
        writer.look();
        assertThat(counters.count("status_written")).as("nothing is left to say").isEqualTo(5);
    }

    private void eastExports(String type, ExportedPort... ports) {
        imports.update(PeerImports.newBuilder().setPeer("east").addServices(ExportedService.newBuilder()
                .setName("payments").setNamespace("shop").setCluster("east").setType(type).setResourceVersion("1")
                .addAllPorts(List.of(ports))
                .addVersions(ExportedVersion.newBuilder().setVersion("v1").setReady(1).setTotal(1)
                        .addIdentities("spiffe://east.mesh/ns/shop/sa/payments"))).build());
    }

    private static ExportedPort port(int number, String name, String protocol) {
        return ExportedPort.newBuilder().setNumber(number).setName(name).setProtocol(protocol).build();
    }

    @Test
    void an_export_that_another_cluster_has_with_other_ports_or_of_another_type_is_in_conflict() throws Exception {
        eastExports("Headless", port(8080, "http", ""), port(9090, "grpc-api", "tcp"), port(7000, "extra", ""));
        create(Kinds.SERVICE_EXPORT, "apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\n"
                + "metadata: {name: payments, namespace: shop}\n");

        lookUntilWritten(1);

        Map<String, Object> conflict = condition(export("payments"), "Conflict");
        assertThat(conflict).containsEntry("status", "True").containsEntry("reason", "PortConflict,TypeConflict")
                .containsEntry("observedGeneration", 1);
        assertThat(String.valueOf(conflict.get("message")))
                .contains("port \"http\" is 80 here and 8080 in cluster east")
                .contains("port 9090 speaks http2 here and tcp in cluster east")
                .contains("it is ClusterSetIP here and Headless in cluster east")
                .doesNotContain("extra");
        assertThat(condition(export("payments"), "Valid")).containsEntry("status", "True").containsEntry("observedGeneration", 1);
        assertThat(client.events().v1().events().inNamespace("shop").list().getItems()).anySatisfy(e ->
                assertThat(e.getReason()).isEqualTo("PortConflict,TypeConflict"));
    }

    @Test
    void exports_with_the_same_ports_and_more_are_in_no_conflict_and_one_that_ends_is_told() throws Exception {
        eastExports("ClusterSetIP", port(80, "web", ""));
        create(Kinds.SERVICE_EXPORT, "apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\n"
                + "metadata: {name: payments, namespace: shop}\n");
        lookUntilWritten(1);
        assertThat(String.valueOf(condition(export("payments"), "Conflict").get("message")))
                .contains("port 80 is named \"http\" here and \"web\" in cluster east");

        eastExports("", port(80, "http", ""), port(9090, "grpc-api", "http2"), port(7000, "extra", ""));
        lookUntilWritten(2);

        assertThat(condition(export("payments"), "Conflict"))
                .containsEntry("status", "False").containsEntry("reason", "NoConflicts");
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

    @Test
    void a_consumer_route_and_parts_of_a_parent_are_accepted_or_have_no_matching_parent() throws Exception {
        TestCluster.namespace(client, "web", true);
        String consumer = """
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: payments, namespace: web}
                spec:
                  parentRefs:
                    - {group: "", kind: Service, name: payments, namespace: shop, sectionName: http}
                    - {group: "", kind: Service, name: payments, namespace: shop, sectionName: htp}
                  rules: [{backendRefs: [{name: payments, namespace: shop, port: 80}]}]
                """;
        TestCluster.objects(client, Kinds.HTTP_ROUTE, "web").resource(TestCluster.read(client, consumer)).create();
        ResourceKey key = new ResourceKey(Kinds.HTTP_ROUTE.name(), "web", "payments");
        Await.until("it is known", () -> store.known(key).isPresent());

        lookUntilWritten(1);

        List<Map<String, Object>> parents = TestCluster.objects(client, Kinds.HTTP_ROUTE, "web").withName("payments").get()
                .get("status", "parents");
        assertThat(parents).hasSize(2);
        Map<String, Object> accepted = condition(parents.getFirst(), "Accepted");
        assertThat(accepted).containsEntry("status", "True");
        assertThat(String.valueOf(accepted.get("message"))).isEqualTo(
                "calls of payments.shop from namespace web go by it; those from others do not");
        assertThat(condition(parents.getFirst(), "ResolvedRefs")).as("without a ReferenceGrant").containsEntry("status", "True");
        Map<String, Object> none = condition(parents.get(1), "Accepted");
        assertThat(none).containsEntry("status", "False").containsEntry("reason", "NoMatchingParent");
        assertThat(String.valueOf(none.get("message"))).contains("payments.shop has no port named \"htp\"");
    }

    private void changeTo(String version) throws Exception {
        GenericKubernetesResource object = TestCluster.objects(client, Kinds.HTTP_ROUTE, "shop").withName("payments").get();
        object.getAdditionalProperties().put("spec", TestCluster.read(client, route(version)).getAdditionalProperties().get("spec"));
        TestCluster.objects(client, Kinds.HTTP_ROUTE, "shop").resource(object).update();
        ResourceKey key = new ResourceKey(Kinds.HTTP_ROUTE.name(), "shop", "payments");
        Await.until("the change is known", () -> store.get(Route.class, key).orElseThrow()
                .backendRefs().getFirst().getFirst().name().equals(version));
    }

    @Test
    void the_time_of_transition_moves_with_the_status_and_not_with_its_words() throws Exception {
        create(Kinds.HTTP_ROUTE, route("v9"));
        lookUntilWritten(1);
        assertThat(condition(parents().get(1), "ResolvedRefs")).containsEntry("lastTransitionTime", "2026-01-31T12:00:00Z");

        now = Instant.parse("2026-01-31T13:00:00Z");
        changeTo("v8");
        lookUntilWritten(2);
        assertThat(String.valueOf(condition(parents().get(1), "ResolvedRefs").get("message"))).contains("no version v8");
        assertThat(condition(parents().get(1), "ResolvedRefs")).containsEntry("lastTransitionTime", "2026-01-31T12:00:00Z");

        now = Instant.parse("2026-01-31T14:00:00Z");
        changeTo("v1");
        lookUntilWritten(3);
        assertThat(condition(parents().get(1), "ResolvedRefs")).containsEntry("lastTransitionTime", "2026-01-31T14:00:00Z");
        assertThat(condition(parents().get(1), "Accepted")).containsEntry("lastTransitionTime", "2026-01-31T12:00:00Z");
    }

    @Test
    void there_are_at_most_32_parents_and_those_of_other_controllers_stay() throws Exception {
        String others = IntStream.range(0, 31).mapToObj("""
                    - controllerName: example.org/gateway
                      parentRef: {name: gateway-%d}
                      conditions: [{type: Accepted, status: "True", reason: Accepted}]
                """::formatted).collect(Collectors.joining());
        String yaml = route("v1").replace("name: payments}]",
                "name: payments, port: 80}, {group: \"\", kind: Service, name: payments, port: 9090}]");
        GenericKubernetesResource object = TestCluster.read(client, yaml);
        object.setAdditionalProperty("status", TestCluster.read(client, "status:\n  parents:\n" + others).get("status"));
        TestCluster.objects(client, Kinds.HTTP_ROUTE, "shop").resource(object).create();
        ResourceKey key = new ResourceKey(Kinds.HTTP_ROUTE.name(), "shop", "payments");
        Await.until("it is known", () -> store.known(key).isPresent());

        lookUntilWritten(1);
        writer.look();

        assertThat(parents()).hasSize(32);
        assertThat(parents().subList(0, 31)).isEqualTo(object.<List<?>>get("status", "parents"));
        assertThat(parents().getLast()).containsEntry("controllerName", StatusWriter.CONTROLLER);
        assertThat(counters.count("status_parents_over_limit")).isPositive();
        assertThat(counters.count("status_written")).as("nothing is left to say").isEqualTo(1);
    }

    @Test
    void the_same_is_told_by_one_event_however_often_and_by_whomever_it_is_found() throws Exception {
        create(Kinds.HTTP_ROUTE, route("v9"));
        lookUntilWritten(1);
        GenericKubernetesResource object = TestCluster.objects(client, Kinds.HTTP_ROUTE, "shop").withName("payments").get();
        object.setAdditionalProperty("status", Map.of("parents", List.of(parents().getFirst())));
        TestCluster.objects(client, Kinds.HTTP_ROUTE, "shop").resource(object).updateStatus();
        ResourceKey key = new ResourceKey(Kinds.HTTP_ROUTE.name(), "shop", "payments");
        Await.until("it is known", () -> store.known(key).orElseThrow().object().<List<?>>get("status", "parents").size() == 1);
        now = now.plusSeconds(60);

        lookUntilWritten(2);

        assertThat(client.events().v1().events().inNamespace("shop").list().getItems()).hasSize(1);
        changeTo("v8");
        lookUntilWritten(3);
        assertThat(client.events().v1().events().inNamespace("shop").list().getItems()).as("something else is told").hasSize(2);
    }

    @Test
    void what_is_wrong_with_an_object_without_conditions_is_told_later_where_it_could_not_be_told_at_once() throws Exception {
        api.server().expect().post().withPath("/apis/events.k8s.io/v1/namespaces/shop/events")
                .andReturn(410, new StatusBuilder().withCode(410).withReason("Expired").build()).once();
        create(Kinds.TRAFFIC_SHIFT, """
                apiVersion: meshctl.dev/v1alpha1
                kind: TrafficShift
                metadata: {name: payments, namespace: shop}
                spec: {service: payments, from: v1, to: v2, steps: [900]}
                """);
        Await.until("it is not understood", () -> !store.rejected().isEmpty());

        writer.look();
        assertThat(counters.count("event_expired")).isEqualTo(1);
        writer.look();
        writer.look();

        assertThat(client.events().v1().events().inNamespace("shop").list().getItems())
                .singleElement().satisfies(event -> assertThat(event.getReason()).isEqualTo("NotUnderstood"));
    }

    @Test
    void exports_of_headless_services_and_aliases_say_how_they_are_offered_and_why_not() throws Exception {
        client.services().inNamespace("shop").resource(new ServiceBuilder(TestCluster.service())
                .editMetadata().withName("db").endMetadata().editSpec().withClusterIP("None").withClusterIPs("None").endSpec().build()).create();
        client.services().inNamespace("shop").resource(new ServiceBuilder().withNewMetadata().withName("alias").endMetadata()
                .withNewSpec().withType("ExternalName").withExternalName("example.org").endSpec().build()).create();
        for (String name : List.of("db", "alias")) {
            create(Kinds.SERVICE_EXPORT, "apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\n"
                    + "metadata: {name: " + name + ", namespace: shop}\n");
        }

        Await.until("both services are known", () -> {
            writer.look();
            return export("db") != null && export("alias") != null && "True".equals(condition(export("db"), "Valid").get("status"))
                    && "InvalidServiceType".equals(condition(export("alias"), "Valid").get("reason"));
        });

        assertThat(condition(export("db"), "Valid")).containsEntry("reason", "Valid");
        assertThat(String.valueOf(condition(export("db"), "Valid").get("message")))
                .contains("as ClusterSetIP, although it is headless");
        assertThat(condition(export("alias"), "Valid")).containsEntry("status", "False");
        assertThat(condition(export("alias"), "Conflict")).containsEntry("reason", "NoConflicts");
    }

    @Test
    void a_list_shows_the_state_that_the_conditions_in_the_api_server_say() throws Exception {
        create(Kinds.HTTP_ROUTE, route("v9"));
        ResourceKey key = new ResourceKey(Kinds.HTTP_ROUTE.name(), "shop", "payments");
        MeshCatalog catalog = new MeshCatalog(store, registry, imports);
        ResourceStates states = new ResourceStates(store, catalog, catalog.ownOnly(), imports);
        assertThat(states.now().apply(store.get(key).orElseThrow())).as("nobody has looked at it yet").isEmpty();

        lookUntilWritten(1);
        assertThat(states.now().apply(store.get(key).orElseThrow())).isEqualTo("BackendNotFound");

        changeTo("v1");
        lookUntilWritten(2);
        assertThat(states.now().apply(store.get(key).orElseThrow())).isEqualTo("Accepted");
    }
}
