package dev.meshctl.testing;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;

/** Awaits a condition with a deadline. */
public final class Eventually {
    /** Long, for slow machines: a test that passes never waits for it. */
    private static final Duration DEADLINE = Duration.ofSeconds(90);
    private static final Duration PAUSE = Duration.ofMillis(25);

    private Eventually() {}

    /** Asks again and again until it is true; what is thrown counts as "not yet" and is told at the deadline. */
    public static void holds(String what, Callable<Boolean> condition) throws InterruptedException {
        gives(what, () -> condition.call() ? Optional.of(true) : Optional.empty());
    }

    /** Asks again and again until there is an answer. */
    public static <T> T gives(String what, Callable<Optional<T>> question) throws InterruptedException {
        return gives(what, DEADLINE, question);
    }

    /** For what starts many processes. */
    public static void holds(String what, Duration limit, Callable<Boolean> condition) throws InterruptedException {
        gives(what, limit, () -> condition.call() ? Optional.of(true) : Optional.empty());
    }

    private static <T> T gives(String what, Duration limit, Callable<Optional<T>> question) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            Throwable last = null;
            try {
                Optional<T> answer = question.call();
                if (answer.isPresent()) {
                    return answer.get();
                }
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception | AssertionError e) {
                last = e;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + limit.toSeconds() + " s: " + what, last);
            }
            Thread.sleep(PAUSE);
        }
    }
}
