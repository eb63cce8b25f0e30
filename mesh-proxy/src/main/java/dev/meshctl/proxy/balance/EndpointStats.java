package dev.meshctl.proxy.balance;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * What was seen of one endpoint. Survives updates of the configuration as long as the endpoint stays. Safe
 * for use by many event loops; a lost update of the moving average among them does no harm.
 */
final class EndpointStats {
    private static final long DECAY_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MAX_DOUBLINGS = 16;

    private final LongSupplier nanoTime;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger failuresInRow = new AtomicInteger();
    private final AtomicInteger ejections = new AtomicInteger();
    private final AtomicLong ejectedUntil = new AtomicLong();
    /** Requests that were there before probing began: they may stay for days and say nothing of how it is now. */
    private final AtomicInteger earlier = new AtomicInteger();
    private volatile State state = State.ADMITTED;
    private volatile double ewmaNanos;
    private volatile long measuredAt;

    private enum State { ADMITTED, EJECTED, PROBING }

    EndpointStats(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.measuredAt = nanoTime.getAsLong();
    }

    /** Expected cost of one more request: latency times what waits there already. */
    double cost() {
        return (ewmaNanos * decay(nanoTime.getAsLong()) + 1) * (inFlight.get() + 1);
    }

    // Without it an endpoint that was slow once would never be asked, and so never be measured, again.
    private double decay(long now) {
        return Math.exp(-Math.max(0, now - measuredAt) / (double) DECAY_NANOS);
    }

    AtomicInteger inFlight() {
        return inFlight;
    }

    AtomicInteger connections() {
        return connections;
    }

    int failuresInRow() {
        return failuresInRow.get();
    }

    /** True while left out; past its end the ejection turns into probing by a single request at a time. */
    boolean ejected() {
        State now = state;
        if (now == State.EJECTED && nanoTime.getAsLong() - ejectedUntil.get() >= 0) {
            earlier.set(inFlight.get());
            state = State.PROBING;
            now = State.PROBING;
        }
        return now == State.EJECTED || (now == State.PROBING && inFlight.get() > earlier.get());
    }

    /** True from an ejection until a request has succeeded again. */
    boolean suspect() {
        return state != State.ADMITTED;
    }

    void started() {
        inFlight.incrementAndGet();
    }

    void ended() {
        int left = inFlight.decrementAndGet();
        if (left < earlier.get()) {
            earlier.accumulateAndGet(left, Math::min);
        }
    }

    void succeeded(long latencyNanos) {
        failuresInRow.set(0);
        measure(latencyNanos);
        if (state == State.PROBING) {
            state = State.ADMITTED;
            ejections.set(0);
        }
    }

    void failed(long latencyNanos) {
        failuresInRow.incrementAndGet();
        measure(latencyNanos);
    }

    void eject(OutlierPolicy policy) {
        int doublings = Math.min(ejections.getAndIncrement(), MAX_DOUBLINGS);
        long nanos = Math.min(policy.maxEjection().toNanos(), policy.baseEjection().toNanos() << doublings);
        ejectedUntil.set(nanoTime.getAsLong() + nanos);
        failuresInRow.set(0);
        state = State.EJECTED;
    }

    /** A failed probe is enough for the next ejection. */
    boolean due(OutlierPolicy policy) {
        return state == State.PROBING || (state == State.ADMITTED && failuresInRow.get() >= policy.consecutiveFailures());
    }

    // Peak-sensitive: rises at once with a slow answer, decays with time.
    private void measure(long latencyNanos) {
        long now = nanoTime.getAsLong();
        double weight = decay(now);
        double old = ewmaNanos;
        ewmaNanos = latencyNanos > old ? latencyNanos * 0.5 + old * 0.5 : old * weight + latencyNanos * (1 - weight);
        measuredAt = now;
    }
}
