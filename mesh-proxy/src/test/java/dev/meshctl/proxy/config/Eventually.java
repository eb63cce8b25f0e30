package dev.meshctl.proxy.config;

import java.util.function.BooleanSupplier;

/** Awaits a condition, for at most a minute. */
public final class Eventually {
    private Eventually() {}

    public static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 60 s: " + what);
            }
            Thread.sleep(5);
        }
    }
}
