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

    private ApiClients() {}

    /**
     * A client with the given access, bounded in time. Answers 429 and 5xx, and requests without an answer, are
     * tried again four times with growing pauses; what {@code Retry-After} asks for is waited for.
     */
    public static KubernetesClient of(Config access) {
        Config bounded = new ConfigBuilder(access)
                .withConnectionTimeout((int) CONNECT_TIMEOUT.toMillis())
                .withRequestTimeout((int) REQUEST_TIMEOUT.toMillis())
                .withRequestRetryBackoffLimit(RETRIES)
                .withRequestRetryBackoffInterval(RETRY_INTERVAL_MS)
                .withWatchReconnectInterval(WATCH_RECONNECT_MS)
                .withUserAgent("meshctl")
                .build();
        return new KubernetesClientBuilder().withConfig(bounded).withHttpClientFactory(new JdkHttpClientFactory()).build();
    }

    /** A client with the service account of the pod that this process runs in. */
    public static KubernetesClient inCluster() {
        return of(new ConfigBuilder().build());
    }
}
