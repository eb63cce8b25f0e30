package dev.meshctl.control.store.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.ResourceWriter;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.control.TestCluster;
import dev.meshctl.control.registry.kubernetes.KubernetesRegistry;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.ConflictException;
import dev.meshctl.control.store.WriteRefused;
import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KubernetesStoreTest {
    private static final ResourceKey ROUTE = new ResourceKey("HTTPRoute", "shop", "payments");
    private static final ResourceKey SHIFT = new ResourceKey("TrafficShift", "shop", "payments");

    private final MockApi api = MockApi.crud();
    private final KubernetesMockServer server = api.server();
    private final KubernetesClient client = api.client();
    private final Counters counters = new Counters();
    private Informers informers;
    private KubernetesStore store;
    private volatile boolean leads = true;

    @BeforeEach
    void start() throws Exception {
        informers = new Informers(counters);
        KubernetesRegistry registry = new KubernetesRegistry(client, informers, new TrustDomain("west.mesh"), s -> { });
        store = new KubernetesStore(client, informers, registry, () -> leads, counters);
        informers.start(Duration.ofSeconds(Await.SECONDS));
    }

    @AfterEach
    void stop() {
        informers.close();
        api.close();
    }

    private GenericKubernetesResource create(String yaml) {
        return TestCluster.create(client, yaml.contains("HTTPRoute") ? Kinds.HTTP_ROUTE : Kinds.TRAFFIC_SHIFT, yaml);
    }

    private static String route(String parent, String path) {
        return """
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata:
                  name: payments
                  namespace: shop
                  annotations: {"example.org/owner": "team"}
                spec:
                  parentRefs:
                  - {group: gateway.networking.k8s.io, kind: Gateway, name: edge}
                  %s
                  rules:
                  - matches: [{path: {type: PathPrefix, value: "%s"}}]
                    backendRefs: [{group: meshctl.dev, kind: Version, name: v1, weight: 1}]
                """.formatted(parent, path);
    }

    private static String serviceRoute(String path) {
        return route("- {group: \"\", kind: Service, name: payments}", path);
    }

    private static final String SHIFT_TEXT = """
            apiVersion: meshctl.dev/v1alpha1
            kind: TrafficShift
            metadata: {name: payments, namespace: shop}
            spec: {service: payments, from: v1, to: v2, steps: [10, 50]}
            """;

    private void awaitKnown(ResourceKey key) throws Exception {
        Await.until(key + " is known", () -> store.get(key).isPresent());
    }

    @Test
    void a_route_of_a_service_is_read_and_one_of_gateways_alone_is_not() throws Exception {
        create(serviceRoute("/"));
        create(route("", "/").replace("name: payments", "name: other"));

        awaitKnown(ROUTE);
        Await.until("the other is seen", () -> store.known(new ResourceKey("HTTPRoute", "shop", "other")).isPresent());

        assertThat(store.in(Kinds.HTTP_ROUTE, HttpRoute.class, "shop")).extracting(Resource::key).containsExactly(ROUTE);
        assertThat(store.rejected()).isEmpty();
    }

    @Test
    void an_object_that_is_not_understood_leaves_what_it_said_before_in_use() throws Exception {
        create(serviceRoute("/good"));
        awaitKnown(ROUTE);

        TestCluster.objects(client, Kinds.HTTP_ROUTE, "shop").resource(TestCluster.read(client, serviceRoute("no-slash"))).update();

        Await.until("it is rejected", () -> store.rejected().containsKey(ROUTE));
        assertThat(store.get(HttpRoute.class, ROUTE).orElseThrow().spec().rules().getFirst().matches().getFirst().path().orElseThrow().value())
                .isEqualTo("/good");
        assertThat(store.rejected().get(ROUTE).problem().orElseThrow()).contains("spec.rules[0].matches[0].path.value");
        assertThat(counters.count("resource_rejected")).isEqualTo(1);
        assertThat(store.quarantined()).hasSize(1);
    }

    @Test
    void new_weights_leave_the_parents_that_are_gateways_and_foreign_annotations_alone() throws Exception {
        create(serviceRoute("/"));
        awaitKnown(ROUTE);
        HttpRoute route = store.get(HttpRoute.class, ROUTE).orElseThrow();
        HttpRoute.Rule rule = route.spec().rules().getFirst();

        store.write(List.of(new Change.Put(route.withRules(List.of(rule.withBackendRefs(List.of())))
                .withMetadata(route.metadata().withAnnotations(Map.of("meshctl.dev/taken-over-by-shift", "0"))))));

        GenericKubernetesResource stored = store.known(ROUTE).orElseThrow().object();
        assertThat(stored.<List<?>>get("spec", "parentRefs")).hasSize(2);
        assertThat(stored.getMetadata().getAnnotations()).containsEntry("example.org/owner", "team")
                .containsEntry("meshctl.dev/taken-over-by-shift", "0");
        assertThat(store.get(HttpRoute.class, ROUTE).orElseThrow().spec().rules().getFirst().backendRefs()).isEmpty();
    }

    @Test
    void a_write_that_an_admission_rule_refuses_is_told_apart_from_one_that_may_work_later() throws Exception {
        create(serviceRoute("/"));
        awaitKnown(ROUTE);
        HttpRoute route = store.get(HttpRoute.class, ROUTE).orElseThrow();
        Change.Put put = new Change.Put(route.withRules(List.of(route.spec().rules().getFirst().withBackendRefs(List.of()))));
        String path = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/payments";

        server.expect().put().withPath(path)
                .andReturn(403, new StatusBuilder().withCode(403).withMessage("admission says no").build()).once();
        assertThatThrownBy(() -> store.write(List.of(put))).isInstanceOf(WriteRefused.class).hasMessageContaining("admission says no");

        store.write(List.of(put));
        assertThat(store.get(HttpRoute.class, ROUTE).orElseThrow().spec().rules().getFirst().backendRefs()).isEmpty();
    }

    @Test
    void the_journal_of_a_shift_is_written_by_its_status_alone() throws Exception {
        create(SHIFT_TEXT);
        awaitKnown(SHIFT);
        TrafficShift shift = store.get(TrafficShift.class, SHIFT).orElseThrow();
        TrafficShift.Status status = new TrafficShift.Status(TrafficShift.Phase.PROGRESSING, 0, 10,
                shift.status().stepStarted(), shift.status().heldSince(), "begun", 1, true, List.of(), List.of());

        store.write(List.of(new Change.Put(shift.withStatus(status))));

        assertThat(store.get(TrafficShift.class, SHIFT).orElseThrow().status().phase()).isEqualTo(TrafficShift.Phase.PROGRESSING);
        List<String> puts = new ArrayList<>();
        while (server.getRequestCount() > 0 && puts.isEmpty()) {
            RecordedRequest request = server.takeRequest(Await.SECONDS, TimeUnit.SECONDS);
            if (request.getMethod().toString().equals("PUT")) {
                puts.add(request.getPath());
            }
        }
        assertThat(puts).as("the first write, since the control plane may not write the intent")
                .singleElement().asString().endsWith("/trafficshifts/payments/status");
    }

    @Test
    void a_write_for_a_version_that_is_not_the_current_one_is_a_conflict() throws Exception {
        create(SHIFT_TEXT);
        awaitKnown(SHIFT);
        TrafficShift shift = store.get(TrafficShift.class, SHIFT).orElseThrow();
        TrafficShift old = (TrafficShift) shift.withMetadata(shift.metadata().withResourceVersion("1000000"));

        assertThatThrownBy(() -> store.write(List.of(new Change.Put(old)))).isInstanceOf(ConflictException.class);
        assertThat(counters.count("store_conflict")).isEqualTo(1);
    }

    @Test
    void a_replica_that_does_not_lead_writes_nothing() throws Exception {
        create(SHIFT_TEXT);
        awaitKnown(SHIFT);
        leads = false;
        TrafficShift shift = store.get(TrafficShift.class, SHIFT).orElseThrow();

        assertThatThrownBy(() -> store.write(List.of(new Change.Put(shift))))
                .isInstanceOf(IOException.class).hasMessageContaining("does not hold the lease");
    }

    @Test
    void a_deleted_object_is_gone_and_listeners_are_told() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        store.listen(outcomes -> outcomes.forEach(o -> told.add(o.action())));
        GenericKubernetesResource created = create(SHIFT_TEXT);
        awaitKnown(SHIFT);

        TestCluster.objects(client, Kinds.TRAFFIC_SHIFT, "shop").resource(created).delete();

        Await.until("it is gone", () -> store.get(SHIFT).isEmpty());
        Await.until("both are told", () -> told.equals(List.of("created", "deleted")));
        assertThat(store.all(TrafficShift.class)).isEmpty();
        assertThat(Map.copyOf(store.all())).isEmpty();
    }

    private static final String SHIFT_STATUS = "/apis/meshctl.dev/v1alpha1/namespaces/shop/trafficshifts/payments/status";

    private static TrafficShift begun(TrafficShift shift) {
        return shift.withStatus(new TrafficShift.Status(TrafficShift.Phase.PROGRESSING, 0, 10,
                shift.status().stepStarted(), shift.status().heldSince(), "begun", 1, true, List.of(), List.of()));
    }

    @Test
    void an_answer_to_a_write_that_comes_after_the_end_of_the_object_does_not_bring_it_back() throws Exception {
        GenericKubernetesResource created = create(SHIFT_TEXT);
        awaitKnown(SHIFT);
        GenericKubernetesResource known = store.known(SHIFT).orElseThrow().object();
        TestCluster.objects(client, Kinds.TRAFFIC_SHIFT, "shop").resource(created).delete();
        Await.until("it is gone", () -> store.get(SHIFT).isEmpty());
        server.expect().put().withPath(SHIFT_STATUS).andReturn(200, known).once();

        store.writeStatus(SHIFT, known, Map.of("phase", "Progressing"));

        assertThat(store.get(SHIFT)).isEmpty();
        assertThat(store.known(SHIFT)).isEmpty();
    }

    @Test
    void what_is_known_here_alone_is_asked_for_and_forgotten_if_it_is_gone() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        store.listen(outcomes -> outcomes.forEach(o -> told.add(o.action())));
        GenericKubernetesResource gone = TestCluster.read(client, SHIFT_TEXT);
        gone.getMetadata().setUid("of-one-that-was-deleted-unseen");
        gone.getMetadata().setResourceVersion("7");
        server.expect().put().withPath(SHIFT_STATUS).andReturn(200, gone).once();
        store.writeStatus(SHIFT, gone, Map.of("phase", "Progressing"));
        assertThat(store.get(SHIFT)).isPresent();

        store.followServedVersions();

        assertThat(store.get(SHIFT)).isEmpty();
        assertThat(told).containsExactly("created", "deleted");
        assertThat(counters.count("resource_end_missed")).isEqualTo(1);
    }

    @Test
    void what_the_watch_has_not_told_yet_is_not_forgotten() throws Exception {
        informers.close();
        GenericKubernetesResource created = create(SHIFT_TEXT);
        server.expect().put().withPath(SHIFT_STATUS).andReturn(200, created).once();
        store.writeStatus(SHIFT, created, Map.of("phase", "Progressing"));

        store.followServedVersions();

        assertThat(store.get(SHIFT)).isPresent();
    }

    @Test
    void a_write_whose_answer_was_lost_is_no_conflict_with_itself() throws Exception {
        create(SHIFT_TEXT);
        awaitKnown(SHIFT);
        TrafficShift shift = store.get(TrafficShift.class, SHIFT).orElseThrow();
        informers.close(); // the watch has not told of it yet
        // The first write has taken effect, and what the client made of it when no answer came is refused.
        var objects = TestCluster.objects(client, Kinds.TRAFFIC_SHIFT, "shop");
        GenericKubernetesResource effect = client.getKubernetesSerialization().unmarshal(
                ResourceWriter.json(begun(shift)), GenericKubernetesResource.class);
        objects.resource(effect).updateStatus();
        server.expect().put().withPath(SHIFT_STATUS).andReturn(409, new StatusBuilder().withCode(409).withReason("Conflict").build()).once();

        store.write(List.of(new Change.Put(begun(shift))));

        assertThat(store.get(TrafficShift.class, SHIFT).orElseThrow().status().phase()).isEqualTo(TrafficShift.Phase.PROGRESSING);
        assertThat(counters.count("store_answer_lost")).isEqualTo(1);
        assertThat(counters.count("store_conflict")).isZero();
    }

    @Test
    void what_is_known_to_be_there_already_is_written_again_where_somebody_has_changed_it_unseen() throws Exception {
        create(serviceRoute("/wanted"));
        awaitKnown(ROUTE);
        HttpRoute wanted = store.get(HttpRoute.class, ROUTE).orElseThrow();
        informers.close(); // the watch is silent
        TestCluster.objects(client, Kinds.HTTP_ROUTE, "shop").resource(TestCluster.read(client, serviceRoute("/other"))).update();

        store.write(List.of(new Change.Apply(wanted.withMetadata(wanted.metadata().withResourceVersion("")))));

        assertThat(TestCluster.objects(client, Kinds.HTTP_ROUTE, "shop").withName("payments").get().toString()).contains("/wanted");
    }

    @Test
    void one_listener_that_fails_does_not_keep_the_news_from_the_others() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        store.listen(outcomes -> {
            throw new IllegalStateException("expected by the test");
        });
        store.listen(outcomes -> outcomes.forEach(o -> told.add(o.action())));

        create(SHIFT_TEXT);

        Await.until("it is told", () -> told.equals(List.of("created")));
        assertThat(counters.count("change_not_taken")).isEqualTo(1);
    }
}
