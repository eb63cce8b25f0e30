package dev.meshctl.cli.platform.kubernetes;

import dev.meshctl.cli.install.kubernetes.render.Installed;
import dev.meshctl.cli.platform.Platform.ClusterProcesses;
import dev.meshctl.cli.platform.Platform.ComponentProcess;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What an installation runs in a cluster: its Deployments and their pods. */
final class InstalledPods {
    /** The mesh has three Deployments, and one more control plane for each revision. */
    private static final long MAX_DEPLOYMENTS = 100;
    private static final long MAX_PODS = 500;

    private final KubernetesClient client;

    InstalledPods(KubernetesClient client) {
        this.client = client;
    }

    ClusterProcesses read() {
        String kubernetes = client.getKubernetesVersion().getGitVersion();
        Map<String, String> ours = Map.of(Installed.PART_OF_LABEL, Installed.PRODUCT);
        List<Deployment> deployments = client.apps().deployments().inNamespace(Installed.NAMESPACE).withLabels(ours)
                .list(new ListOptionsBuilder().withLimit(MAX_DEPLOYMENTS).build()).getItems();
        if (deployments.isEmpty()) {
            return new ClusterProcesses(false, true, List.of(), "", kubernetes, "");
        }
        List<Pod> pods = client.pods().inNamespace(Installed.NAMESPACE).withLabels(ours)
                .list(new ListOptionsBuilder().withLimit(MAX_PODS).build()).getItems();
        List<ComponentProcess> components = new ArrayList<>();
        deployments.stream().sorted(Comparator.comparing(deployment -> deployment.getMetadata().getName()))
                .forEach(deployment -> components.addAll(of(deployment, pods)));
        return new ClusterProcesses(true, true, components, "", kubernetes, meshVersion(deployments));
    }

    // The newest replica set's pods come first in the eyes of a reader, but their names say nothing of that.
    private static List<ComponentProcess> of(Deployment deployment, List<Pod> pods) {
        String name = deployment.getMetadata().getName();
        Map<String, String> selector = deployment.getSpec().getSelector().getMatchLabels();
        List<ComponentProcess> processes = new ArrayList<>(pods.stream()
                .filter(pod -> labels(pod.getMetadata()).entrySet().containsAll(selector.entrySet()) && !PodProcess.isLeaving(pod))
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
                .map(pod -> PodProcess.of(name, pod)).toList());
        int wanted = Objects.requireNonNullElse(deployment.getSpec().getReplicas(), 1);
        if (processes.size() < wanted) {
            processes.add(new ComponentProcess(name, 0, false, false, false, 0,
                    (wanted - processes.size()) + " of " + wanted + " pods missing" + why(deployment), 0, List.of()));
        }
        return processes;
    }

    // As when a quota or an admission webhook refuses the pods.
    private static String why(Deployment deployment) {
        if (deployment.getStatus() == null || deployment.getStatus().getConditions() == null) {
            return "";
        }
        return deployment.getStatus().getConditions().stream()
                .filter(condition -> "ReplicaFailure".equals(condition.getType()) && "True".equals(condition.getStatus()))
                .map(DeploymentCondition::getMessage).findFirst().map(message -> ": " + message).orElse("");
    }

    private static String meshVersion(List<Deployment> deployments) {
        return String.join(", ", deployments.stream()
                .filter(deployment -> "control-plane".equals(labels(deployment.getMetadata()).get(Installed.NAME_LABEL)))
                .map(InstalledPods::version).filter(version -> !version.isEmpty()).distinct().sorted().toList());
    }

    private static String version(Deployment deployment) {
        return Optional.ofNullable(labels(deployment.getMetadata()).get(Installed.VERSION_LABEL))
                .orElseGet(() -> deployment.getSpec().getTemplate().getSpec().getContainers().stream().findFirst()
                        .map(container -> PodProcess.tag(container.getImage())).orElse(""));
    }

    private static Map<String, String> labels(ObjectMeta metadata) {
        return metadata.getLabels() == null ? Map.of() : metadata.getLabels();
    }
}
