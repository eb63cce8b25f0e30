package dev.meshctl.runtime.backoff;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private final Backoff longest =
            new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1), new LargestNumbers());

    @Test
    void the_ceiling_doubles_up_to_the_bound_and_starts_over_after_a_reset() {
        assertThat(longest.next()).isEqualTo(Duration.ofMillis(100));
        assertThat(longest.next()).isEqualTo(Duration.ofMillis(200));
        assertThat(longest.next()).isEqualTo(Duration.ofMillis(400));
        assertThat(longest.next()).isEqualTo(Duration.ofMillis(800));
        for (int i = 0; i < 100; i++) {
            assertThat(longest.next()).isEqualTo(Duration.ofSeconds(1));
        }

        longest.reset();

        assertThat(longest.next()).isEqualTo(Duration.ofMillis(100));
    }

    private static final class LargestNumbers implements RandomGenerator {
        @Override
        public long nextLong() {
            return Long.MAX_VALUE;
        }

        @Override
        public long nextLong(long bound) {
            return bound - 1;
        }
    }
}
