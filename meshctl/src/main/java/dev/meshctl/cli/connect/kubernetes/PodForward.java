package dev.meshctl.cli.connect.kubernetes;

import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.render.Installed;
import dev.meshctl.cli.platform.kubernetes.ApiServers;
import dev.meshctl.kubernetes.failure.ApiFailure;
import dev.meshctl.kubernetes.failure.Cause;
import dev.meshctl.runtime.net.HostPort;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A port of this machine's loopback that leads to a ready pod of one part. Each connection to it becomes a stream
 * through the API server. What runs through it is mTLS, so that others who reach the port get nothing from it. When it
 * has broken, as when its pod went away, the next who asks gets a new one.
 */
final class PodForward implements AutoCloseable {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final long MAX_PODS = 100;

    private final KubernetesClient client;
    private final Cluster cluster;
    private final SystemIdentity part;
    private final int port;
    private @Nullable LocalPortForward open;
    private String podName = "";

    PodForward(KubernetesClient client, Cluster cluster, SystemIdentity part, int port) {
        this.client = client;
        this.cluster = cluster;
        this.part = part;
        this.port = port;
    }

    /** @throws CliError if no pod of the part is ready, or the API server refuses */
    synchronized HostPort address() {
        LocalPortForward forward = open;
        if (forward == null || !forward.isAlive() || forward.errorOccurred()) {
            close();
            forward = forward();
            open = forward;
        }
        return new HostPort(LOOPBACK.getHostAddress(), forward.getLocalPort());
    }

    private LocalPortForward forward() {
        try {
            podName = readyPod();
            return client.pods().inNamespace(Installed.NAMESPACE).withName(podName).portForward(port, LOOPBACK, 0);
        } catch (KubernetesClientException e) {
            throw ApiServers.inWords(ApiFailure.of(e, "reach the " + part.serviceAccount()), where()).from(e);
        }
    }

    private String readyPod() {
        List<Pod> pods = client.pods().inNamespace(Installed.NAMESPACE)
                .withLabels(Map.of(Installed.PART_OF_LABEL, Installed.PRODUCT, Installed.NAME_LABEL, part.serviceAccount()))
                .list(new ListOptionsBuilder().withLimit(MAX_PODS).build()).getItems();
        String leader = part == SystemIdentity.CONTROL_PLANE ? leader() : "";
        return pods.stream().filter(pod -> pod.getMetadata().getDeletionTimestamp() == null && Readiness.isPodReady(pod))
                .map(pod -> pod.getMetadata().getName())
                .min(Comparator.comparing((String name) -> !name.equals(leader)).thenComparing(Comparator.naturalOrder()))
                .orElseThrow(() -> CliError.failed("cannot reach the " + part.serviceAccount()).at(where())
                        .because(pods.isEmpty() ? "it has no pod" : "none of its " + pods.size() + " pods is ready")
                        .next("meshctl status --cluster " + cluster.name()));
    }

    /** The replica that writes; empty if none does, or the caller may not know. Any other says itself who it is. */
    private String leader() {
        try {
            Lease lease = client.leases().inNamespace(Installed.NAMESPACE).withName(part.serviceAccount()).get();
            String holder = lease == null || lease.getSpec() == null ? null : lease.getSpec().getHolderIdentity();
            return Objects.requireNonNullElse(holder, "");
        } catch (KubernetesClientException e) {
            return "";
        }
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
    private static String why(ApiFailure failure) {
        return failure.cause() == Cause.FORBIDDEN
                ? "you may not create pods/portforward in namespace " + Installed.NAMESPACE : failure.why();
    }

    private String where() {
        return "cluster " + cluster.name() + ", namespace " + Installed.NAMESPACE;
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
