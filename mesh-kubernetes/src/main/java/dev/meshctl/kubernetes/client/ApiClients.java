package dev.meshctl.kubernetes.client;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.time.Duration;

/** Makes clients of API servers. A client is to be closed by who asked for it. */
public final class ApiClients {
    /** How long a connection may take. */
    public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    /** How long one answer may take; watches are not bound by it. */
    public static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(20);

    private static final int RETRIES = 4;
    private static final int RETRY_INTERVAL_MS = 250;
    private static final int WATCH_RECONNECT_MS = 1000;

    /**
     * How a client behaves.
     *
     * @param requestTimeout for one answer; watches are not bound by it
     * @param retries after answers 429 and 5xx, and after none; 0 for callers that try again by themselves
     * @param userAgent names the caller in the audit log and in the managed fields of what it writes
     */
    public record Manners(Duration requestTimeout, int retries, String userAgent) {
        static final Manners PATIENT = new Manners(REQUEST_TIMEOUT, RETRIES, "meshctl");
    }

    private ApiClients() {}

    /**
     * A client with the given access, bounded in time. Answers 429 and 5xx, and requests without an answer, are
     * tried again four times with growing pauses, whatever {@code Retry-After} asks for.
     */
    public static KubernetesClient of(Config access) {
        return of(access, Manners.PATIENT);
    }

    /** A client with the given access and manners. */
    public static KubernetesClient of(Config access, Manners manners) {
        Config bounded = new ConfigBuilder(access)
                .withConnectionTimeout((int) CONNECT_TIMEOUT.toMillis())
                .withRequestTimeout((int) manners.requestTimeout().toMillis())
                .withRequestRetryBackoffLimit(manners.retries())
                .withRequestRetryBackoffInterval(RETRY_INTERVAL_MS)
                .withWatchReconnectInterval(WATCH_RECONNECT_MS)
                .withUserAgent(manners.userAgent())
                .build();
        return new KubernetesClientBuilder().withConfig(bounded).withHttpClientFactory(new JdkHttpClientFactory()).build();
    }

    /** A client with the service account of the pod that this process runs in. */
    public static KubernetesClient inCluster() {
        return inCluster(Manners.PATIENT);
    }

    /** A client with the service account of the pod that this process runs in, and the given manners. */
    public static KubernetesClient inCluster(Manners manners) {
        return of(new ConfigBuilder().build(), manners);
    }
}
