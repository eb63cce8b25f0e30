package dev.meshctl.proxy.route;

import org.jspecify.annotations.Nullable;

/**
 * What routing looks at.
 *
 * @param path without query, as sent
 * @param query raw, without the question mark; may be empty
 */
public record RouteRequest(String method, String path, String query, Headers headers, int port) {
    /** Reads one header, without regard to case; several values joined by commas; null if absent. */
    @FunctionalInterface
    public interface Headers {
        @Nullable String get(String name);
    }
}
