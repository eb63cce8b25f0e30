package dev.meshctl.kubernetes.client;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/** Names what an API server or the way to it did wrong, for counters and for whoever decides what to do next. */
public final class FailureCause {
    public static final String CONFLICT = "conflict";
    public static final String NOT_FOUND = "not_found";
    public static final String EXPIRED = "expired";

    private static final int MAX_DEPTH = 8;

    private FailureCause() {}

    /**
     * {@code unauthorized} (credentials are missing or have expired), {@code forbidden}, {@code not_found}, {@code
     * conflict}, {@code expired} (410: what was asked for is too old), {@code invalid}, {@code throttled}, {@code
     * server_error}, {@code unreachable} or {@code other}.
     */
    public static String of(Throwable failure) {
        Throwable at = failure;
        for (int depth = 0; at != null && depth < MAX_DEPTH; depth++, at = at.getCause()) {
            if (at instanceof WatcherException watch && watch.isHttpGone()) {
                return EXPIRED;
            }
            if (at instanceof KubernetesClientException answer && answer.getCode() > 0) {
                return ofStatus(answer.getCode());
            }
            if (at instanceof IOException || at instanceof TimeoutException) {
                return "unreachable";
            }
        }
        return "other";
    }

    private static String ofStatus(int code) {
        return switch (code) {
            case 401 -> "unauthorized";
            case 403 -> "forbidden";
            case 404 -> NOT_FOUND;
            case 409 -> CONFLICT;
            case 410 -> EXPIRED;
            case 400, 422 -> "invalid";
            case 429 -> "throttled";
            default -> code >= 500 ? "server_error" : "other";
        };
    }
}
