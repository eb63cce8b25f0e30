package dev.meshctl.control.registry.kubernetes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What the mesh needs to know of a pod.
 *
 * @param version empty if no label says one
 * @param proxied it has the mesh's proxy
 * @param running its containers have been started, and not all of them have ended
 * @param proxyReady the proxy says that it is ready, whatever the application says
 * @param leaving it is being deleted
 * @param startedEpochMs 0 if not known
 */
record PodView(
        String name,
        String namespace,
        String uid,
        String serviceAccount,
        String node,
        String version,
        boolean proxied,
        boolean running,
        boolean proxyReady,
        boolean leaving,
        List<String> addresses,
        long startedEpochMs) {
    /** As injection names the proxy's container. */
    static final String PROXY_CONTAINER = "meshctl-proxy";

    /** What people set to tell versions apart comes first; the other one is often that of a chart. */
    private static final List<String> VERSION_LABELS = List.of("version", "app.kubernetes.io/version");
    private static final int MAX_LABEL = 63;

    static PodView of(Pod pod) {
        ObjectMeta metadata = pod.getMetadata();
        PodSpec spec = pod.getSpec() == null ? new PodSpec() : pod.getSpec();
        PodStatus status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        String account = Objects.requireNonNullElse(spec.getServiceAccountName(), "");
        return new PodView(
                metadata.getName(),
                metadata.getNamespace(),
                Objects.requireNonNullElse(metadata.getUid(), ""),
                account.isEmpty() ? "default" : account,
                Objects.requireNonNullElse(spec.getNodeName(), ""),
                version(metadata.getLabels()),
                Stream.concat(spec.getInitContainers().stream(), spec.getContainers().stream())
                        .map(Container::getName).anyMatch(PROXY_CONTAINER::equals),
                "Running".equals(status.getPhase()),
                proxyStatus(status).anyMatch(proxy -> Boolean.TRUE.equals(proxy.getReady())),
                metadata.getDeletionTimestamp() != null,
                status.getPodIPs().stream().map(PodIP::getIp).filter(Objects::nonNull).toList(),
                started(status.getStartTime()));
    }

    private static Stream<ContainerStatus> proxyStatus(PodStatus status) {
        return Stream.concat(status.getInitContainerStatuses().stream(), status.getContainerStatuses().stream())
                .filter(container -> PROXY_CONTAINER.equals(container.getName()));
    }

    /** The version as a DNS label, which it is in the names that clients ask for. */
    static String version(Map<String, String> labels) {
        for (String label : VERSION_LABELS) {
            String folded = labels == null ? "" : folded(labels.getOrDefault(label, ""));
            if (!folded.isEmpty()) {
                return folded;
            }
        }
        return "";
    }

    private static String folded(String value) {
        String text = value.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "-");
        String bounded = text.length() > MAX_LABEL ? text.substring(0, MAX_LABEL) : text;
        return bounded.replaceAll("^-+|-+$", "");
    }

    private static long started(String time) {
        try {
            return time == null ? 0 : Instant.parse(time).toEpochMilli();
        } catch (DateTimeParseException e) {
            return 0;
        }
    }

    /** The pod without all that is not looked at, which is nearly all of it. */
    static Pod trimmed(Pod pod) {
        ObjectMeta metadata = pod.getMetadata();
        PodSpec spec = pod.getSpec() == null ? new PodSpec() : pod.getSpec();
        PodStatus status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        return new PodBuilder()
                .withNewMetadata()
                .withName(metadata.getName())
                .withNamespace(metadata.getNamespace())
                .withUid(metadata.getUid())
                .withResourceVersion(metadata.getResourceVersion())
                .withDeletionTimestamp(metadata.getDeletionTimestamp())
                .withLabels(metadata.getLabels())
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName(spec.getServiceAccountName())
                .withNodeName(spec.getNodeName())
                .withContainers(named(spec.getContainers()))
                .withInitContainers(named(spec.getInitContainers()))
                .endSpec()
                .withNewStatus()
                .withPodIPs(status.getPodIPs())
                .withStartTime(status.getStartTime())
                .withPhase(status.getPhase())
                .withContainerStatuses(proxyStatus(status).map(PodView::bare).toList())
                .endStatus()
                .build();
    }

    private static ContainerStatus bare(ContainerStatus status) {
        ContainerStatus bare = new ContainerStatus();
        bare.setName(status.getName());
        bare.setReady(status.getReady());
        return bare;
    }

    private static List<Container> named(List<Container> containers) {
        return containers.stream().filter(c -> PROXY_CONTAINER.equals(c.getName())).map(c -> {
            Container bare = new Container();
            bare.setName(c.getName());
            return bare;
        }).toList();
    }
}
