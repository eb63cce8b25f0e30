package dev.meshctl.proxy.testing;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Waits for a condition, with a deadline. */
public final class Await {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private Await() {}

    public static void until(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("did not happen within " + DEADLINE + ": " + what);
            }
            Thread.sleep(5);
        }
    }

    /** Waits until a count, which has begun, goes no further for half a second: whoever counts is held up. */
    public static void untilStill(String what, LongSupplier count) throws InterruptedException {
        untilStill(what, count, Duration.ofMillis(500));
    }

    /** The same for another while. */
    public static void untilStill(String what, LongSupplier count, Duration still) throws InterruptedException {
        long[] last = {-1};
        long[] since = {System.nanoTime()};
        until(what, () -> {
            long now = count.getAsLong();
            if (now != last[0]) {
                last[0] = now;
                since[0] = System.nanoTime();
            }
            return now > 0 && System.nanoTime() - since[0] > still.toNanos();
        });
    }
}
