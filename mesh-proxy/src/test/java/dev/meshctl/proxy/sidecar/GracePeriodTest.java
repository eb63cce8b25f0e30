package dev.meshctl.proxy.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GracePeriodTest {
    private static final Duration LEAST_OF_THE_KUBELET = Duration.ofSeconds(2);

    /** Starts where it overflows soon, as {@link System#nanoTime()} may. */
    private long now = Long.MAX_VALUE - Duration.ofSeconds(3).toNanos();

    private GracePeriod of(Duration gracePeriod) {
        return of(gracePeriod, Optional.empty());
    }

    private GracePeriod of(Duration gracePeriod, Optional<Duration> longestDrain) {
        return new GracePeriod(new SidecarConfig.Ending(gracePeriod, longestDrain), () -> now);
    }

    private void passes(Duration time) {
        now += time.toNanos();
    }

    private static Duration total(Drain drain) {
        return drain.delay().plus(drain.bound());
    }

    @ParameterizedTest
    @CsvSource({"30, 5000, 22000", "60, 5000, 52000", "3600, 5000, 3592000", "10, 1500, 6000", "4, 600, 2400", "2, 300, 1200",
        "1, 300, 1200", "0, 300, 1200", "2147483647, 5000, 2147483639000"})
    void the_drain_fits_into_the_grace_period_with_time_left_for_closing(long seconds, long delayMs, long boundMs) {
        assertThat(of(Duration.ofSeconds(seconds)).drain())
                .isEqualTo(new Drain(Duration.ofMillis(delayMs), Duration.ofMillis(boundMs)));
    }

    @Test
    void what_the_application_took_to_end_is_not_there_for_the_proxy() {
        GracePeriod period = of(Duration.ofSeconds(30));
        period.begins();
        passes(Duration.ofSeconds(20));

        assertThat(period.drain()).isEqualTo(of(Duration.ofSeconds(10)).drain());
    }

    @Test
    void an_application_that_takes_all_of_it_leaves_what_the_kubelet_gives_everyone() {
        GracePeriod period = of(Duration.ofSeconds(30));
        period.begins();
        passes(Duration.ofSeconds(30).plusMillis(900));

        assertThat(period.drain()).isEqualTo(of(LEAST_OF_THE_KUBELET).drain());
        assertThat(total(period.drain())).isLessThan(LEAST_OF_THE_KUBELET);
    }

    @Test
    void the_first_call_of_the_hook_counts() {
        GracePeriod period = of(Duration.ofSeconds(30));
        period.begins();
        passes(Duration.ofSeconds(10));
        period.begins();
        passes(Duration.ofSeconds(10));

        assertThat(total(period.drain())).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void a_beginning_that_the_pod_outlived_was_none() {
        GracePeriod period = of(Duration.ofSeconds(30));
        period.begins();
        passes(Duration.ofSeconds(33));

        assertThat(period.drain()).isEqualTo(of(Duration.ofSeconds(30)).drain());

        period.begins();
        passes(Duration.ofSeconds(25));
        assertThat(period.drain()).isEqualTo(of(Duration.ofSeconds(5)).drain());
    }

    @Test
    void a_pod_may_ask_for_less_but_never_gets_more_than_its_grace_period() {
        assertThat(total(of(Duration.ofHours(1), Optional.of(Duration.ofSeconds(20))).drain())).isEqualTo(Duration.ofSeconds(20));
        assertThat(total(of(Duration.ofSeconds(30), Optional.of(Duration.ZERO)).drain())).isZero();
        assertThat(of(Duration.ofSeconds(10), Optional.of(Duration.ofHours(1))).drain()).isEqualTo(of(Duration.ofSeconds(10)).drain());
    }
}
