package dev.meshctl.cli.connect.kubernetes;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.platform.kubernetes.ApiServers;
import dev.meshctl.kubernetes.failure.ApiFailure;
import dev.meshctl.kubernetes.failure.Cause;
import dev.meshctl.runtime.net.HostPort;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A port of this machine's loopback that leads to a port of a pod. Each connection to it becomes a stream
 * through the API server. What runs through it is mTLS, so that others who reach the port get nothing from it. When it
 * has broken, as when its pod went away, the next who asks gets a new one.
 */
final class PodForward implements AutoCloseable {
    static final Duration LOOK_AGAIN = Duration.ofSeconds(3);
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final KubernetesClient client;
    private final Cluster cluster;
    private final String what;
    private final String namespace;
    private final Supplier<String> pods;
    private final int port;
    private final LongSupplier nanoTime;
    private @Nullable LocalPortForward open;
    private String podName = "";
    private long lookedNanos;

    /**
     * @param what leads there, after "the"
     * @param pods the name of the pod, asked for each time a way is opened
     */
    PodForward(KubernetesClient client, Cluster cluster, String what, String namespace, Supplier<String> pods, int port) {
        this(client, cluster, what, namespace, pods, port, System::nanoTime);
    }

    PodForward(KubernetesClient client, Cluster cluster, String what, String namespace, Supplier<String> pods, int port,
            LongSupplier nanoTime) {
        this.client = client;
        this.cluster = cluster;
        this.what = what;
        this.namespace = namespace;
        this.pods = pods;
        this.port = port;
        this.nanoTime = nanoTime;
    }

    /** @throws CliError if no pod of the part is ready, or the API server refuses */
    synchronized HostPort address() {
        LocalPortForward forward = open;
        if (forward == null || !forward.isAlive() || forward.errorOccurred() || isOutdated()) {
            close();
            forward = forward();
            open = forward;
        }
        return new HostPort(LOOPBACK.getHostAddress(), forward.getLocalPort());
    }

    /** True if another pod is the one to ask by now, as when another replica leads after a rollout. */
    private boolean isOutdated() {
        if (nanoTime.getAsLong() - lookedNanos < LOOK_AGAIN.toNanos()) {
            return false;
        }
        lookedNanos = nanoTime.getAsLong();
        try {
            return !pods.get().equals(podName);
        } catch (CliError e) {
            return false; // what is open may still do
        }
    }

    private LocalPortForward forward() {
        try {
            podName = pods.get();
            lookedNanos = nanoTime.getAsLong();
            return client.pods().inNamespace(namespace).withName(podName).portForward(port, LOOPBACK, 0);
        } catch (KubernetesClientException e) {
            throw ApiServers.inWords(ApiFailure.of(e, "reach the " + what),
                    "cluster " + cluster.name() + ", namespace " + namespace).from(e);
        }
    }

    /** The pod that it leads to; empty before it is first asked for. */
    synchronized String pod() {
        return podName;
    }

    /** What went wrong with it, empty if nothing did. */
    synchronized String trouble() {
        LocalPortForward forward = open;
        if (forward == null) {
            return "";
        }
        return Stream.concat(forward.getServerThrowables().stream(), forward.getClientThrowables().stream())
                .map(failure -> ApiFailure.of(failure, "forward a port")).findFirst()
                .map(failure -> "the API server does not forward to pod " + podName + ": " + why(failure)).orElse("");
    }

    // An upgrade that is refused has no words, only a status.
    private String why(ApiFailure failure) {
        return failure.cause() == Cause.FORBIDDEN
                ? "you may not create pods/portforward in namespace " + namespace : failure.why();
    }

    @Override
    public synchronized void close() {
        LocalPortForward forward = open;
        open = null;
        if (forward != null) {
            try {
                forward.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
