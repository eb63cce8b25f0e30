package dev.meshctl.proxy.sidecar;

import java.time.Duration;

/**
 * How a proxy ends.
 *
 * @param delay it serves on, since callers may not know yet that the pod is ending
 * @param bound for what is open after that; the rest is cut
 */
public record Drain(Duration delay, Duration bound) {
    /** What it takes a cluster to send no more connections to a pod that is ending. */
    private static final Duration USUAL_DELAY = Duration.ofSeconds(5);
    /** For the last window of telemetry, and the end of the process. */
    private static final Duration USUAL_CLOSING = Duration.ofSeconds(3);
    private static final int DELAY_SHARE = 5;
    private static final int CLOSING_SHARE = 4;

    /** Both within a time: in a short one a fifth is for the delay. */
    static Drain within(Duration time) {
        Duration delay = shorter(USUAL_DELAY, time.dividedBy(DELAY_SHARE));
        return new Drain(delay, time.minus(delay));
    }

    /** What has to be left of a time for closing after the drain. */
    static Duration closing(Duration left) {
        return shorter(USUAL_CLOSING, left.dividedBy(CLOSING_SHARE));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
