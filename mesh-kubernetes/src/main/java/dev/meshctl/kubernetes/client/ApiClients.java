package dev.meshctl.kubernetes.client;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;

/** Makes clients of API servers. A client is to be closed by who asked for it. */
public final class ApiClients {
    /** How long a connection may take. */
    public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    /** How long one answer may take; watches are not bound by it. */
    public static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(20);

    private static final int RETRIES = 4;
    private static final int RETRY_INTERVAL_MS = 250;
    private static final int WATCH_RECONNECT_MS = 1000;
    /** How long a watch may be without an event or an answer to a ping until it is begun anew. */
    static final Duration SILENCE = Duration.ofSeconds(45);
    private static final int PINGS_IN_SILENCE = 4;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(15);

    /**
     * How a client behaves.
     *
     * @param requestTimeout for one answer; watches are not bound by it
     * @param retries after answers 429 and 5xx, and after none; 0 for callers that try again by themselves
     * @param userAgent names the caller in the audit log and in the managed fields of what it writes
     * @param silence how long a watch may be without an event or an answer to a ping until it is begun anew
     * @param faults told, by name, of what no caller sees: {@code watch_silent}, {@code watch_broken}, {@code watch_gone} (a watch is begun
     *     anew with a fresh list), {@code retry_after_waited} and {@code retry_after_over_limit}
     */
    public record Manners(
            Duration requestTimeout, int retries, String userAgent, Duration silence, Consumer<String> faults) {
        /** For who lives long, watches and has nobody who tries again. */
        public static final Manners PATIENT = new Manners(REQUEST_TIMEOUT, RETRIES, "meshctl");

        /** With a usual bound on silence, and nobody who is told of faults. */
        public Manners(Duration requestTimeout, int retries, String userAgent) {
            this(requestTimeout, retries, userAgent, SILENCE, fault -> { });
        }

        /** The same with somebody who counts faults. */
        public Manners counting(Consumer<String> counted) {
            return new Manners(requestTimeout, retries, userAgent, silence, counted);
        }
    }

    private ApiClients() {}

    /**
     * A client with the given access, bounded in time. Answers 429 and 5xx, and requests without an answer, are
     * tried again four times with growing pauses, and not before {@code Retry-After} allows it: an answer that asks for
     * more than 15 s is the caller's.
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
                .withWebsocketPingInterval(Math.max(1, manners.silence().toMillis() / PINGS_IN_SILENCE))
                .withUserAgent(manners.userAgent())
                .build();
        return new KubernetesClientBuilder()
                .withConfig(bounded)
                .withHttpClientFactory(new WatchedHttp(manners.silence(), manners.faults()))
                .withHttpClientBuilderConsumer(http -> {
                    if (manners.retries() > 0) {
                        http.addOrReplaceInterceptor("retry-after", new RetryAfter(
                                longestWait(manners), InstantSource.system(), manners.faults()));
                    }
                })
                .build();
    }

    private static Duration longestWait(Manners manners) {
        Duration part = manners.requestTimeout().multipliedBy(3).dividedBy(4);
        return part.compareTo(LONGEST_WAIT) < 0 ? part : LONGEST_WAIT;
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
