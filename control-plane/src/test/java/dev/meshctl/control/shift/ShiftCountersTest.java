package dev.meshctl.control.shift;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.runtime.testing.Await;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ShiftCountersTest extends ShiftScenario {
    @Test
    void they_are_read_while_a_look_waits_for_its_store() throws Exception {
        CountDownLatch writes = new CountDownLatch(1);
        CountDownLatch answers = new CountDownLatch(1);
        store.beforeNextStatusWrite = () -> {
            writes.countDown();
            awaitQuietly(answers);
        };
        Thread look = Thread.ofVirtual().start(controller::tick);
        assertThat(writes.await(Await.SECONDS, TimeUnit.SECONDS)).isTrue();

        Map<String, Long> read = CompletableFuture.supplyAsync(controller::counters).get(Await.SECONDS, TimeUnit.SECONDS);

        assertThat(read).isEmpty();
        answers.countDown();
        look.join();
        assertThat(controller.counters()).isNotEmpty();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
