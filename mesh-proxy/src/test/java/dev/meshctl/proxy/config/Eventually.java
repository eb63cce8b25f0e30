package dev.meshctl.proxy.config;

import java.util.function.BooleanSupplier;

/** Awaits a condition, for at most ten seconds. */
public final class Eventually {
    private Eventually() {}

    public static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 30 s: " + what);
            }
            Thread.sleep(5);
        }
    }
}
