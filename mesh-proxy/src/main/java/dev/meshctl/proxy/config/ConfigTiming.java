package dev.meshctl.proxy.config;

import java.time.Duration;

/**
 * How long the configuration waits for what.
 *
 * @param lookup from the first use of a host to the first answer, when nothing is kept of it
 * @param freshGrace the same when a kept configuration can be used instead
 * @param idle without use until a host is let go, unless Settings says otherwise
 * @param sweep between two looks for idle hosts
 * @param cacheDebounce how long changes are gathered before they are written to disk
 * @param reconnectMax the largest wait between two attempts to reach the control plane
 */
public record ConfigTiming(
        Duration lookup,
        Duration freshGrace,
        Duration idle,
        Duration sweep,
        Duration cacheDebounce,
        Duration reconnectMax) {
    public static final ConfigTiming DEFAULT = new ConfigTiming(
            Duration.ofSeconds(2),
            Duration.ofMillis(250),
            Duration.ofMinutes(5),
            Duration.ofSeconds(5),
            Duration.ofMillis(200),
            Duration.ofSeconds(5));
}
