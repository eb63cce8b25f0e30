package dev.meshctl.gateway.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SourceLimiterTest {
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final SourceLimiter limiter = new SourceLimiter(now::get);

    @Test
    void a_source_has_a_burst_and_then_one_try_for_each_refill() {
        for (int i = 0; i < SourceLimiter.BURST; i++) {
            assertThat(limiter.tryAcquire("10.0.0.1")).isTrue();
        }
        assertThat(limiter.tryAcquire("10.0.0.1")).isFalse();

        now.set(now.get().plus(SourceLimiter.REFILL));

        assertThat(limiter.tryAcquire("10.0.0.1")).isTrue();
        assertThat(limiter.tryAcquire("10.0.0.1")).isFalse();
    }

    @Test
    void one_source_does_not_use_up_the_tries_of_another() {
        for (int i = 0; i <= SourceLimiter.BURST; i++) {
            limiter.tryAcquire("10.0.0.1");
        }

        assertThat(limiter.tryAcquire("10.0.0.2")).isTrue();
    }
}
