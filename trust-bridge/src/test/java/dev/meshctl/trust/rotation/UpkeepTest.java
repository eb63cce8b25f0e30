package dev.meshctl.trust.rotation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class UpkeepTest {
    private final Counters counters = new Counters();
    private final CountDownLatch within = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    private Upkeep upkeep(Upkeep.Work... works) {
        List<Upkeep.Step> steps = List.of(works).stream().map(work -> new Upkeep.Step("step_failed", work)).toList();
        return new Upkeep(new Upkeep.Rounds("upkeep-of-test", Duration.ofMillis(10), steps), counters).start();
    }

    /** What it wrote later would be in a directory that another process, or nobody, owns by then. */
    @Test
    void when_it_is_closed_its_last_step_is_over() throws Exception {
        AtomicInteger done = new AtomicInteger();
        Upkeep upkeep = upkeep(() -> {
            within.countDown();
            awaitUninterrupted(goOn);
            return done.incrementAndGet() > 0;
        });
        within.await();

        Thread closing = Thread.ofVirtual().start(new FutureTask<>(() -> {
            upkeep.close();
            return true;
        }));
        Await.until("it waits for the step, or is closed early",
                () -> closing.getState() == Thread.State.TIMED_WAITING || !closing.isAlive());
        boolean early = !closing.isAlive();
        goOn.countDown();

        assertThat(closing.join(Duration.ofSeconds(30))).isTrue();
        assertThat(early).as("closed while a step was under way").isFalse();
        assertThat(done).as("the step that was under way is done, and no other").hasValue(1);
    }

    @Test
    void a_step_that_fails_is_counted_and_does_not_keep_the_next_from_its_turn() throws Exception {
        Upkeep upkeep = upkeep(
                () -> {
                    throw new IllegalStateException("broken");
                },
                () -> {
                    within.countDown();
                    return true;
                });

        boolean reached = within.await(30, TimeUnit.SECONDS);
        upkeep.close();

        assertThat(reached).isTrue();
        assertThat(counters.count("step_failed")).isPositive();
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
