package dev.meshctl.trust;

import dev.meshctl.kubernetes.client.ApiClients;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.trust.kubernetes.ClusterFooting;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** An API server with the objects that an installation makes for a trust bridge. */
final class TestApi implements AutoCloseable {
    static final String NAMESPACE = "mesh-system";
    static final ClusterFooting.Pace PACE = new ClusterFooting.Pace(Duration.ofMillis(500), Duration.ofMillis(100));

    private final KubernetesMockServer server;
    private final int port;
    private final KubernetesClient client;

    TestApi() {
        Map<ServerRequest, Queue<ServerResponse>> responses = new HashMap<>();
        server = new KubernetesMockServer(
                new Context(), new MockWebServer(), responses, new KubernetesMixedDispatcher(responses), false);
        server.init(InetAddress.getLoopbackAddress(), 0);
        port = server.getPort();
        client = newClient();
        client.resource(new SecretBuilder().withNewMetadata().withNamespace(NAMESPACE).withName("trust-bridge-ca")
                .addToLabels("app.kubernetes.io/part-of", "meshctl").endMetadata().withType("Opaque").build()).create();
        for (String name : List.of("mesh-bundle", "linked-bundles")) {
            client.resource(new ConfigMapBuilder().withNewMetadata().withNamespace(NAMESPACE).withName(name)
                    .endMetadata().build()).create();
        }
    }

    /** As a replica has one. */
    KubernetesClient newClient() {
        Config access = new ConfigBuilder().withMasterUrl(server.url("/")).withAutoConfigure(false).build();
        return ApiClients.of(access, new ApiClients.Manners(Duration.ofSeconds(Await.SECONDS), 0, "test"));
    }

    /** What each TokenReview is answered with from now on. */
    void tokensAreOf(String namespace, String account) {
        server.clearExpectations();
        TokenReview review = new TokenReviewBuilder().withNewStatus().withAuthenticated(true)
                .withAudiences("meshctl.dev/trust-bridge")
                .withNewUser().withUsername("system:serviceaccount:" + namespace + ":" + account)
                .withExtra(Map.of("authentication.kubernetes.io/pod-name", List.of(account + "-1"),
                        "authentication.kubernetes.io/pod-uid", List.of("5be3")))
                .endUser().endStatus().build();
        server.expect().post().withPath("/apis/authentication.k8s.io/v1/tokenreviews").andReturn(201, review).always();
    }

    Secret secret() {
        return client.secrets().inNamespace(NAMESPACE).withName("trust-bridge-ca").get();
    }

    void secretData(Map<String, String> data) {
        client.resource(new SecretBuilder(secret()).withData(data).build()).update();
    }

    Map<String, String> map(String name) {
        Map<String, String> data = client.configMaps().inNamespace(NAMESPACE).withName(name).get().getData();
        return data == null ? Map.of() : data;
    }

    void mapData(String name, Map<String, String> data) {
        ConfigMap map = client.configMaps().inNamespace(NAMESPACE).withName(name).get();
        client.resource(new ConfigMapBuilder(map).withData(data).build()).update();
    }

    String leaseHolder() {
        var lease = client.leases().inNamespace(NAMESPACE).withName("trust-bridge").get();
        return lease == null || lease.getSpec().getHolderIdentity() == null ? "" : lease.getSpec().getHolderIdentity();
    }

    /** What was asked since this was called last, as in {@code GET /api/v1/…}; each question once. */
    Set<String> questions() throws InterruptedException {
        Set<String> questions = new TreeSet<>();
        RecordedRequest request = server.takeRequest(0, TimeUnit.MILLISECONDS);
        while (request != null) {
            questions.add(request.getMethod() + " " + request.getPath());
            request = server.takeRequest(0, TimeUnit.MILLISECONDS);
        }
        return questions;
    }

    /** Nobody is there any more. */
    void goAway() throws Exception {
        ending(server::shutdown);
        Await.until("nobody listens", () -> {
            try (Socket answered = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return !answered.isConnected();
            } catch (ConnectException refused) {
                return true;
            }
        });
    }

    @Override
    public void close() {
        client.close();
        ending(server::destroy);
    }

    /** The mock gives up after 10 s, which its event loops may need on a busy machine, and ends later. */
    private static void ending(Runnable end) {
        try {
            end.run();
        } catch (IllegalStateException e) {
            System.getLogger(TestApi.class.getName()).log(System.Logger.Level.INFO, "the mock did not close in time", e);
        }
    }
}
