package dev.meshctl.proxy.resilience;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A token bucket that keeps retries a share of the requests of one host, so that a failing service is not
 * drowned in its own retries. Each request deposits a share of a token, time deposits the minimum, and
 * each retry takes a whole one. What is saved is bounded to ten seconds' worth of the minimum, or 100 tokens.
 *
 * @see <a href="https://twitter.github.io/finagle/guide/Clients.html#retries">Finagle's retry budget</a>
 */
public final class RetryBudget {
    private static final long TOKEN = 1000;
    private static final long SAVED_SECONDS = 10;

    private final LongSupplier nanoTime;
    private final AtomicLong milliTokens = new AtomicLong();
    private final AtomicLong refilledAt;

    public RetryBudget(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.refilledAt = new AtomicLong(nanoTime.getAsLong() - TimeUnit.SECONDS.toNanos(1));
    }

    /** Notes a new request. */
    public void onRequest(BudgetPolicy policy) {
        deposit(policy.percent() * TOKEN / 100, policy);
    }

    /** Takes the token of one retry; false if there is none, then the failure stands. */
    public boolean tryRetry(BudgetPolicy policy) {
        refill(policy);
        while (true) {
            long now = milliTokens.get();
            if (now < TOKEN) {
                return false;
            }
            if (milliTokens.compareAndSet(now, now - TOKEN)) {
                return true;
            }
        }
    }

    private void refill(BudgetPolicy policy) {
        long last = refilledAt.get();
        long now = nanoTime.getAsLong();
        long elapsed = Math.min(now - last, TimeUnit.SECONDS.toNanos(SAVED_SECONDS));
        long earned = elapsed * policy.minPerSecond() / TimeUnit.MILLISECONDS.toNanos(1);
        if (earned > 0 && refilledAt.compareAndSet(last, now)) {
            deposit(earned, policy);
        }
    }

    private void deposit(long amount, BudgetPolicy policy) {
        long most = Math.max(100, SAVED_SECONDS * policy.minPerSecond()) * TOKEN;
        milliTokens.updateAndGet(tokens -> Math.min(most, tokens + amount));
    }
}
