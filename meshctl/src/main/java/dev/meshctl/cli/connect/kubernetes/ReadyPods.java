package dev.meshctl.cli.connect.kubernetes;

import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.render.Installed;
import dev.meshctl.cli.platform.kubernetes.ApiServers;
import dev.meshctl.kubernetes.failure.ApiFailure;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The pods of one part of the mesh that can be asked now; looked up each time. */
record ReadyPods(KubernetesClient client, Cluster cluster, SystemIdentity part) {
    private static final long MAX_PODS = 100;

    /** @throws CliError if none is ready, or the API server refuses */
    String first() {
        return names().getFirst();
    }

    /** At least one: the control plane that writes before its other replicas, then by name. */
    List<String> names() {
        List<Pod> pods = list();
        String leader = part == SystemIdentity.CONTROL_PLANE ? leader() : "";
        List<String> ready = pods.stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null && Readiness.isPodReady(pod))
                .map(pod -> pod.getMetadata().getName())
                .sorted(Comparator.comparing((String name) -> !name.equals(leader)).thenComparing(Comparator.naturalOrder()))
                .toList();
        if (ready.isEmpty()) {
            throw CliError.failed("cannot reach the " + part.serviceAccount())
                    .at("cluster " + cluster.name() + ", namespace " + Installed.NAMESPACE)
                    .because(pods.isEmpty() ? "it has no pod" : "none of its " + pods.size() + " pods is ready")
                    .next("meshctl status --cluster " + cluster.name());
        }
        return ready;
    }

    /** Empty if nobody leads, or the caller may not know; a replica that is asked to write says itself who does. */
    private String leader() {
        try {
            Lease lease = client.leases().inNamespace(Installed.NAMESPACE).withName(part.serviceAccount()).get();
            String holder = lease == null || lease.getSpec() == null ? null : lease.getSpec().getHolderIdentity();
            return Objects.requireNonNullElse(holder, "");
        } catch (KubernetesClientException e) {
            return "";
        }
    }

    private List<Pod> list() {
        try {
            return client.pods().inNamespace(Installed.NAMESPACE)
                    .withLabels(Map.of(Installed.PART_OF_LABEL, Installed.PRODUCT, Installed.NAME_LABEL, part.serviceAccount()))
                    .list(new ListOptionsBuilder().withLimit(MAX_PODS).build()).getItems();
        } catch (KubernetesClientException e) {
            throw ApiServers.inWords(ApiFailure.of(e, "reach the " + part.serviceAccount()),
                    "cluster " + cluster.name() + ", namespace " + Installed.NAMESPACE).from(e);
        }
    }
}
