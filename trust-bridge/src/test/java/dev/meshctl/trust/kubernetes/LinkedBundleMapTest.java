package dev.meshctl.trust.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.kubernetes.client.ApiClients;
import dev.meshctl.runtime.bundle.BundleStore;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.TestAuthority;
import dev.meshctl.trust.bundle.BundleKeeper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Linked bundles before an API server whose answers are late or get lost. */
class LinkedBundleMapTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final TestAuthority EAST = new TestAuthority(new TrustDomain("east.mesh"));
    private static final TrustBundle OWN = new TestAuthority(WEST).bundle();

    private final KubernetesSerialization serialization = new KubernetesSerialization();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    /** What the API server holds. */
    private volatile ConfigMap stored = new ConfigMapBuilder()
            .withNewMetadata().withNamespace("mesh-system").withName("linked-bundles").withResourceVersion("1").endMetadata().build();
    /** Until it is open, the answer to the next GET is on its way. */
    private volatile CountDownLatch late = new CountDownLatch(0);
    private final CountDownLatch asked = new CountDownLatch(1);
    /** How many updates are carried out without a word of it. */
    private final AtomicInteger unanswered = new AtomicInteger();

    @TempDir
    Path directory;

    private HttpServer server;
    private KubernetesClient client;
    private LinkedBundleMap map;
    private BundleKeeper keeper;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
        client = ApiClients.of(
                new ConfigBuilder().withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort()).withAutoConfigure(false).build(),
                new ApiClients.Manners(Duration.ofSeconds(Await.SECONDS), 0, "test"));
        Counters counters = new Counters();
        map = new LinkedBundleMap(new SharedMap(client, "mesh-system", "linked-bundles", counters),
                new BundleStore(directory.resolve("copy.json")), WEST, counters);
        keeper = new BundleKeeper(OWN, map, InstantSource.system());
    }

    @AfterEach
    void stop() {
        late.countDown();
        client.close();
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            ConfigMap answer = stored;
            if (exchange.getRequestMethod().equals("PUT")) {
                ConfigMap next = serialization.unmarshal(exchange.getRequestBody(), ConfigMap.class);
                if (!next.getMetadata().getResourceVersion().equals(stored.getMetadata().getResourceVersion())) {
                    exchange.sendResponseHeaders(409, -1);
                    return;
                }
                answer = new ConfigMapBuilder(next).editMetadata()
                        .withResourceVersion(String.valueOf(Integer.parseInt(stored.getMetadata().getResourceVersion()) + 1))
                        .endMetadata().build();
                stored = answer;
                if (unanswered.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                    return; // closes the connection
                }
            } else {
                CountDownLatch latch = late;
                late = new CountDownLatch(0);
                asked.countDown();
                latch.await(Await.SECONDS, TimeUnit.SECONDS);
            }
            byte[] body = serialization.asJson(answer).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Bundles known() {
        return keeper.current();
    }

    @Test
    void an_answer_that_is_older_than_a_change_made_since_takes_nothing_back() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        late = held;
        Future<?> refresh = threads.submit(() -> {
            map.refresh();
            return keeper.refresh();
        });
        assertThat(asked.await(Await.SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(keeper.put(EAST.bundle())).isTrue();

        held.countDown();
        refresh.get(Await.SECONDS, TimeUnit.SECONDS);

        assertThat(map.current().of(EAST.trustDomain())).isPresent();
        assertThat(known().of(EAST.trustDomain())).isPresent();
    }

    @Test
    void a_bundle_that_was_stored_without_an_answer_is_told_when_it_is_put_again() throws Exception {
        AtomicInteger told = new AtomicInteger();
        unanswered.set(1);
        try (BundleKeeper.Subscription ignored = keeper.subscribe(told::incrementAndGet)) {
            assertThatThrownBy(() -> keeper.put(EAST.bundle())).isInstanceOf(IOException.class);
            assertThat(stored.getData()).containsKey("east.mesh.json");
            assertThat(known().of(EAST.trustDomain())).isEmpty();

            assertThat(keeper.put(EAST.bundle())).as("stored already").isFalse();
        }
        assertThat(known().of(EAST.trustDomain())).isPresent();
        assertThat(told).hasValue(1);
    }

    @Test
    void a_put_that_is_still_on_its_way_when_the_bundle_is_removed_comes_too_late() throws Exception {
        ConfigMap read = client.configMaps().inNamespace("mesh-system").withName("linked-bundles").get();
        ConfigMap late = new ConfigMapBuilder(read).addToData("east.mesh.json", "{}").build();

        assertThat(keeper.remove(EAST.trustDomain())).as("not there yet").isFalse();

        assertThatThrownBy(() -> client.configMaps().inNamespace("mesh-system").resource(late).update())
                .isInstanceOfSatisfying(KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
        assertThat(stored.getData()).isNullOrEmpty();
    }

    @Test
    void a_removal_without_an_answer_is_told_when_it_is_asked_for_again() throws Exception {
        keeper.put(EAST.bundle());
        unanswered.set(1);

        assertThatThrownBy(() -> keeper.remove(EAST.trustDomain())).isInstanceOf(IOException.class);
        assertThat(keeper.remove(EAST.trustDomain())).as("removed already").isFalse();

        assertThat(known().byTrustDomain()).isEqualTo(Map.of(WEST, OWN));
    }
}
