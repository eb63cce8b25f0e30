package dev.meshctl.kubernetes.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.PodListBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InformersTest {
    private static final String PODS = "/api/v1/pods?resourceVersion=0";

    private final MockApi api = MockApi.scripted();
    private final KubernetesMockServer server = api.server();
    private final KubernetesClient client = api.client();
    private final Counters counters = new Counters();

    @AfterEach
    void hangUp() {
        api.close();
    }

    private void answer(int code) {
        server.expect().get().withPath(PODS).andReturn(code, new StatusBuilder().withCode(code).withMessage("no").build()).once();
    }

    @Test
    void expired_credentials_are_counted_and_the_list_is_asked_for_again() throws Exception {
        answer(401);
        server.expect().get().withPath(PODS).andReturn(200, new PodListBuilder().withNewMetadata().withResourceVersion("1")
                .endMetadata().addNewItem().withNewMetadata().withName("a").withNamespace("shop").endMetadata().endItem().build())
                .always();
        try (Informers informers = new Informers(counters)) {
            var pods = informers.add("pods", client.pods().inAnyNamespace().runnableInformer(0));

            informers.start(Duration.ofSeconds(Await.SECONDS));

            assertThat(pods.getStore().listKeys()).containsExactly("shop/a");
            assertThat(counters.count("watch_unauthorized")).isEqualTo(1);
        }
    }

    private static PodList listed(String version, String name) {
        return new PodListBuilder().withNewMetadata().withResourceVersion(version).endMetadata()
                .addNewItem().withNewMetadata().withName(name).withNamespace("shop").endMetadata().endItem().build();
    }

    @Test
    void a_watch_whose_version_is_too_old_is_begun_anew_from_a_fresh_list() throws Exception {
        server.expect().get().withPath(PODS).andReturn(200, listed("1", "a")).once();
        server.expect().get().withPath("/api/v1/pods?allowWatchBookmarks=true&resourceVersion=1&timeoutSeconds=600&watch=true")
                .andUpgradeToWebSocket().open()
                .waitFor(1).andEmit(new WatchEvent(new StatusBuilder().withCode(410).withReason("Expired").build(), "ERROR"))
                .done().always();
        server.expect().get().withPath("/api/v1/pods").andReturn(200, listed("9", "b")).always();
        server.expect().get().withPath(PODS).andReturn(200, listed("9", "b")).always();
        try (Informers informers = new Informers(counters)) {
            var pods = informers.add("pods", client.pods().inAnyNamespace().runnableInformer(0));

            informers.start(Duration.ofSeconds(Await.SECONDS));

            Await.until("the fresh list", () -> pods.getStore().listKeys().equals(List.of("shop/b")));
        }
    }

    @Test
    void a_kind_that_is_not_installed_counts_as_empty() throws Exception {
        server.expect().get().withPath(PODS).andReturn(404, new StatusBuilder().withCode(404).build()).always();
        try (Informers informers = new Informers(counters)) {
            var pods = informers.add("pods", client.pods().inAnyNamespace().runnableInformer(0));

            informers.start(Duration.ofSeconds(Await.SECONDS));

            assertThat(pods.getStore().list()).isEmpty();
            assertThat(counters.count("watch_not_found")).isPositive();
        }
    }

    @Test
    void an_api_server_that_forbids_is_named_with_the_kind_and_the_cause() throws Exception {
        server.expect().get().withPath(PODS).andReturn(403, new StatusBuilder().withCode(403).build()).always();
        try (Informers informers = new Informers(counters)) {
            informers.add("pods", client.pods().inAnyNamespace().runnableInformer(0));

            assertThatThrownBy(() -> informers.start(Duration.ZERO)).isInstanceOf(IOException.class).hasMessageContaining("pods");

            Await.until("it is forbidden", () -> counters.count("watch_forbidden") > 0);
            assertThatThrownBy(() -> informers.await(Duration.ofMillis(1)))
                    .isInstanceOf(IOException.class).hasMessageContaining("pods").hasMessageContaining("forbidden");
        }
    }

    @Test
    void whoever_follows_has_been_told_of_all_there_was_when_the_start_returns() throws Exception {
        server.expect().get().withPath(PODS).andReturn(200, listed("1", "a")).always();
        CountDownLatch returned = new CountDownLatch(1);
        List<String> told = new CopyOnWriteArrayList<>();
        try (Informers informers = new Informers(counters)) {
            informers.add("pods", client.pods().inAnyNamespace().runnableInformer(0)).addEventHandler(new Slow(returned, told));

            informers.start(Duration.ofSeconds(Await.SECONDS));

            List<String> toldByThen = List.copyOf(told);
            returned.countDown();
            assertThat(toldByThen).containsExactly("a");
        }
    }

    /** Takes notice once the start has returned too early, or has had the time to. */
    private record Slow(CountDownLatch returned, List<String> told) implements ResourceEventHandler<Pod> {
        @Override
        public void onAdd(Pod pod) {
            try {
                boolean late = returned.await(300, TimeUnit.MILLISECONDS);
                told.add(pod.getMetadata().getName() + (late ? ", late" : ""));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void onUpdate(Pod before, Pod after) {}

        @Override
        public void onDelete(Pod pod, boolean finalStateUnknown) {}
    }
}
