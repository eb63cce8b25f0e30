package dev.meshctl.proxy.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
    private long now;
    private final RetryBudget budget = new RetryBudget(() -> now);
    private final BudgetPolicy policy = new BudgetPolicy(20, 10);

    private int retries() {
        int allowed = 0;
        while (budget.tryRetry(policy)) {
            allowed++;
        }
        return allowed;
    }

    @Test
    void retries_are_a_share_of_the_requests_and_a_minimum_for_each_second() {
        assertThat(retries()).as("the first second's minimum").isEqualTo(10);

        for (int i = 0; i < 100; i++) {
            budget.onRequest(policy);
        }
        assertThat(retries()).isEqualTo(20);

        now += Duration.ofSeconds(2).toNanos();
        assertThat(retries()).isEqualTo(20);
    }

    @Test
    void what_is_saved_is_bounded() {
        for (int i = 0; i < 1_000_000; i++) {
            budget.onRequest(policy);
        }
        now += Duration.ofHours(1).toNanos();

        assertThat(retries()).isEqualTo(100);
    }
}
