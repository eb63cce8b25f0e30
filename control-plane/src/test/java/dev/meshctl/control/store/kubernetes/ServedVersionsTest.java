package dev.meshctl.control.store.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.resource.BackendRef;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.TcpRoute;
import dev.meshctl.control.TestCluster;
import dev.meshctl.control.registry.kubernetes.KubernetesRegistry;
import dev.meshctl.control.store.Change;
import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.api.model.APIResourceBuilder;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.APIResourceListBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A cluster with the experimental channel of Gateway API 1.3: TCPRoutes as v1alpha2, and TLSRoutes not installed. */
class ServedVersionsTest {
    private static final String GROUP = "/apis/gateway.networking.k8s.io/";
    private static final ResourceKey ROUTE = new ResourceKey("TCPRoute", "shop", "db");
    private static final String TEXT = """
            apiVersion: gateway.networking.k8s.io/v1alpha2
            kind: TCPRoute
            metadata: {name: db, namespace: shop}
            spec:
              parentRefs: [{group: "", kind: Service, name: db}]
              rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: v1, weight: 1}]}]
            """;

    private final MockApi api = MockApi.crud();
    private final KubernetesClient client = api.client();
    private final Counters counters = new Counters();
    private Informers informers;
    private KubernetesStore store;

    @BeforeEach
    void start() throws Exception {
        notFound("v1/tcproutes", "v1/tlsroutes", "v1alpha3/tlsroutes", "v1alpha2/tlsroutes");
        informers = new Informers(counters);
        KubernetesRegistry registry = new KubernetesRegistry(client, informers, new TrustDomain("west.mesh"), s -> { });
        store = new KubernetesStore(client, informers, registry, () -> true, counters);
    }

    @AfterEach
    void stop() {
        informers.close();
        api.close();
    }

    private void notFound(String... paths) {
        for (String path : paths) {
            api.server().expect().get().withPath(GROUP + path + "?resourceVersion=0")
                    .andReturn(404, new StatusBuilder().withCode(404).withMessage("the server could not find it").build()).always();
        }
    }

    private void serve(String version, String... plurals) {
        api.server().expect().get().withPath(GROUP + version).andReturn(200, resources(version, plurals)).always();
    }

    private static APIResourceList resources(String version, String... plurals) {
        return new APIResourceListBuilder().withGroupVersion("gateway.networking.k8s.io/" + version)
                .addAllToResources(Arrays.stream(plurals).map(plural -> new APIResourceBuilder()
                        .withName(plural).build()).toList()).build();
    }

    private NonNamespaceOperation<GenericKubernetesResource, ?, Resource<GenericKubernetesResource>> old() {
        return client.genericKubernetesResources(new ResourceDefinitionContext.Builder()
                .withGroup("gateway.networking.k8s.io").withVersion("v1alpha2").withKind("TCPRoute").withPlural("tcproutes")
                .withNamespaced(true).build()).inNamespace("shop");
    }

    @Test
    void a_kind_is_followed_in_the_version_that_the_cluster_serves() throws Exception {
        serve("v1", "httproutes", "grpcroutes");
        serve("v1alpha2", "tcproutes");
        old().resource(TestCluster.read(client, TEXT)).create();

        informers.start(Duration.ofSeconds(Await.SECONDS));
        assertThat(store.followServedVersions()).isTrue();
        informers.await(Duration.ofSeconds(Await.SECONDS));

        Await.until("the route is known", () -> store.get(TcpRoute.class, ROUTE).isPresent());
        assertThat(store.get(ROUTE).orElseThrow().apiVersion()).as("to the mesh it is the newest")
                .isEqualTo("gateway.networking.k8s.io/v1");
        assertThat(counters.count("kind_followed_anew")).isEqualTo(1);
        assertThat(store.followServedVersions()).as("nothing to be found out again").isFalse();
    }

    @Test
    void what_is_written_goes_into_the_version_that_the_cluster_serves() throws Exception {
        serve("v1alpha2", "tcproutes");
        old().resource(TestCluster.read(client, TEXT)).create();
        informers.start(Duration.ofSeconds(Await.SECONDS));
        store.followServedVersions();
        Await.until("the route is known", () -> store.get(TcpRoute.class, ROUTE).isPresent());
        TcpRoute route = store.get(TcpRoute.class, ROUTE).orElseThrow();

        store.write(List.of(new Change.Put(route.withBackendRefs(List.of(List.of(BackendRef.version("v2", 1)))))));

        GenericKubernetesResource stored = old().withName("db").get();
        assertThat(stored.getApiVersion()).isEqualTo("gateway.networking.k8s.io/v1alpha2");
        assertThat(stored.getAdditionalProperties().toString()).contains("name=v2").contains("name=db");
    }

    @Test
    void a_cluster_without_the_kind_works_and_is_not_told_as_interrupted() throws Exception {
        serve("v1", "httproutes", "grpcroutes");

        informers.start(Duration.ofSeconds(Await.SECONDS));

        assertThat(store.followServedVersions()).isFalse();
        assertThat(store.all(TcpRoute.class)).isEmpty();
        Await.until("all that are there are watched", () -> informers.interrupted() == 0);
        assertThat(informers.isMissing(Kinds.TCP_ROUTE.plural())).isTrue();
        assertThat(informers.isMissing(Kinds.HTTP_ROUTE.plural())).isFalse();
    }

    @Test
    void a_kind_that_is_installed_later_is_followed_without_a_restart() throws Exception {
        informers.start(Duration.ofSeconds(Await.SECONDS));
        assertThat(store.followServedVersions()).isFalse();

        serve("v1alpha2", "tcproutes");
        old().resource(TestCluster.read(client, TEXT)).create();

        Await.until("it is found", () -> store.followServedVersions() || store.get(ROUTE).isPresent());
        Await.until("the route is known", () -> store.get(TcpRoute.class, ROUTE).isPresent());
    }

    @Test
    void a_kind_whose_version_is_served_no_longer_is_followed_in_the_next_one_though_its_watch_has_not_ended() throws Exception {
        serve("v1alpha2", "tcproutes");
        informers.start(Duration.ofSeconds(Await.SECONDS));
        store.followServedVersions();
        informers.await(Duration.ofSeconds(Await.SECONDS));
        Await.until("all that are there are watched", () -> informers.interrupted() == 0);
        assertThat(store.followServedVersions()).as("nothing new").isFalse();
        assertThat(informers.isMissing(Kinds.TCP_ROUTE.plural())).as("by its watch it is there").isFalse();

        serve("v1", "tcproutes");

        assertThat(store.followServedVersions()).isTrue();
        assertThat(counters.count("kind_followed_anew")).isEqualTo(2);
        Await.until("it was asked for in the next version", () -> informers.isMissing(Kinds.TCP_ROUTE.plural()));
    }

    @Test
    void a_kind_that_was_deleted_is_listed_anew_once_so_that_its_watch_is_not_tried_for_ever() throws Exception {
        api.server().expect().get().withPath(GROUP + "v1alpha2").andReturn(200, resources("v1alpha2", "tcproutes")).times(2);
        informers.start(Duration.ofSeconds(Await.SECONDS));
        store.followServedVersions();
        assertThat(counters.count("kind_followed_anew")).isEqualTo(1);

        Await.until("it is found to be gone", store::followServedVersions);

        assertThat(store.followServedVersions()).as("and nothing is to be done about it").isFalse();
        assertThat(counters.count("kind_followed_anew")).isEqualTo(2);
    }

    @Test
    void a_discovery_that_fails_changes_nothing() throws Exception {
        serve("v1alpha2", "tcproutes");
        informers.start(Duration.ofSeconds(Await.SECONDS));
        store.followServedVersions();

        api.server().expect().get().withPath(GROUP + "v1")
                .andReturn(403, new StatusBuilder().withCode(403).withMessage("not for you").build()).always();

        assertThat(store.followServedVersions()).isFalse();
        assertThat(counters.count("discovery_forbidden")).isPositive();
        assertThat(counters.count("kind_followed_anew")).isEqualTo(1);
    }
}
