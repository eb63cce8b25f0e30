package dev.meshctl.kubernetes.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.kubernetes.watch.Informers;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.api.model.PodListBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.lang.reflect.Proxy;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class LiveWatchTest {
    private static final String LIST = """
            {"apiVersion": "v1", "kind": "PodList", "metadata": {"resourceVersion": "7"}, "items": [
              {"metadata": {"name": "a", "namespace": "shop", "resourceVersion": "3"}}]}""";
    private static final String ADDED = """
            {"type": "ADDED", "object": {"apiVersion": "v1", "kind": "Pod",
              "metadata": {"name": "b", "namespace": "shop", "resourceVersion": "8"}, "padding": "%s"}}"""
            .formatted("x".repeat(100));

    private final Counters counters = new Counters();

    private KubernetesClient client(String url, Duration silence) {
        return ApiClients.of(new ConfigBuilder(Config.empty()).withMasterUrl(url).build(), new ApiClients.Manners(
                Duration.ofSeconds(Await.SECONDS), 0, "test", silence, counters::increment));
    }

    @Test
    void a_watch_that_says_nothing_is_begun_anew_and_hears_what_it_has_missed() throws Exception {
        try (SilentApi api = new SilentApi(LIST, ADDED);
                KubernetesClient client = client(api.url(), Duration.ofMillis(600));
                Informers informers = new Informers(counters)) {
            var pods = informers.add("pods", client.pods().inAnyNamespace().runnableInformer(0));
            informers.start(Duration.ofSeconds(Await.SECONDS));

            Await.until("what came while the watch was silent", () -> pods.getStore().listKeys().contains("shop/b"));

            assertThat(api.watches.subList(0, 2)).as("it goes on from where it was").containsExactly("7", "7");
            assertThat(pods.getStore().listKeys()).as("what was known stays").contains("shop/a");
            assertThat(counters.count(LiveWatch.SILENT)).isPositive();
        }
    }

    /** A socket that is open and remembers whether it was broken off. */
    private static WebSocket socket(AtomicBoolean aborted) {
        return (WebSocket) Proxy.newProxyInstance(WebSocket.class.getClassLoader(), new Class<?>[] {WebSocket.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("abort")) {
                        aborted.set(true);
                    }
                    return method.getReturnType() == boolean.class ? Boolean.FALSE : null;
                });
    }

    @Test
    void an_answer_to_a_ping_is_a_sign_of_life_and_time_at_work_is_no_silence() {
        AtomicLong now = new AtomicLong();
        AtomicBoolean aborted = new AtomicBoolean();
        AtomicReference<WebSocket> seen = new AtomicReference<>();
        WebSocket.Listener watcher = new WebSocket.Listener() {
            @Override
            public void onOpen(WebSocket socket) {
                seen.set(socket);
            }

            @Override
            public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                return null; // takes nothing more until it has dealt with this
            }
        };
        LiveWatch watch = new LiveWatch(watcher, Duration.ofDays(1), counters::increment, now::get);
        WebSocket socket = socket(aborted);
        watch.onOpen(socket);

        now.addAndGet(Duration.ofHours(20).toNanos());
        watch.onPong(socket, ByteBuffer.allocate(0));
        now.addAndGet(Duration.ofHours(20).toNanos());
        watch.breakIfSilent(seen.get());
        assertThat(aborted).as("after a pong").isFalse();

        watch.onText(socket, "{}", true);
        now.addAndGet(Duration.ofHours(50).toNanos());
        watch.breakIfSilent(seen.get());
        assertThat(aborted).as("at work").isFalse();

        seen.get().request(1);
        now.addAndGet(Duration.ofHours(25).toNanos());
        watch.breakIfSilent(seen.get());
        assertThat(aborted).isTrue();
        assertThat(counters.count(LiveWatch.SILENT)).isEqualTo(1);
    }

    @Test
    void a_watch_whose_version_is_no_longer_kept_is_counted() throws Exception {
        try (MockApi api = MockApi.scripted();
                KubernetesClient client = client(api.client().getMasterUrl().toString(), ApiClients.SILENCE);
                Informers informers = new Informers(counters)) {
            var empty = new PodListBuilder().withNewMetadata().withResourceVersion("1").endMetadata().build();
            api.server().expect().get().withPath("/api/v1/pods?resourceVersion=0").andReturn(200, empty).always();
            api.server().expect().get().withPath("/api/v1/pods").andReturn(200, empty).always();
            api.server().expect().get()
                    .withPath("/api/v1/pods?allowWatchBookmarks=true&resourceVersion=1&timeoutSeconds=600&watch=true")
                    .andUpgradeToWebSocket().open()
                    .waitFor(1).andEmit(new WatchEvent(new StatusBuilder().withCode(410).withReason("Expired").build(), "ERROR"))
                    .done().always();
            informers.add("pods", client.pods().inAnyNamespace().runnableInformer(0));
            informers.start(Duration.ofSeconds(Await.SECONDS));

            Await.until("the count", () -> counters.count(LiveWatch.GONE) > 0);
        }
    }
}
