package dev.meshctl.cli.bugreport;

import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.api.ServerFacts;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoints;
import dev.meshctl.cli.install.kubernetes.render.Installed;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What the API server says of the mesh. Secrets are not read, but for the checkpoints, which hold no key. */
final class KubernetesPieces {
    private static final int LOG_LINES = 5000;
    private static final int LOG_BYTES = 1 << 20;
    private static final int MAX_PODS = 30;
    private static final List<ObjectType> OWN = List.of(ObjectType.DEPLOYMENT, ObjectType.SERVICE, ObjectType.CONFIG_MAP,
            ObjectType.LEASE, ObjectType.EVENT, new ObjectType("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", true));
    private static final List<ObjectType> OF_THE_CLUSTER = List.of(ObjectType.NAMESPACE, ObjectType.MUTATING, ObjectType.VALIDATING);

    private final ClusterApi api;

    KubernetesPieces(ClusterApi api) {
        this.api = api;
    }

    /** False if the API server does not answer: then nothing is gathered. */
    boolean gather(Gathering to) throws InterruptedException {
        ServerFacts server = to.find("answer of the API server", api::server);
        if (server == null) {
            return false;
        }
        to.text("kubernetes/version.txt", () -> server + "\n");
        for (ObjectType type : OWN) {
            to.objects("kubernetes/" + type.plural() + ".yaml", () -> api.list(type, Installed.NAMESPACE, ""));
        }
        for (ObjectType type : OF_THE_CLUSTER) {
            to.objects("kubernetes/" + type.plural() + ".yaml", () -> api.list(type, "", ""));
        }
        to.text("kubernetes/checkpoints.txt", this::history);
        List<ObjectNode> pods = to.find("kubernetes/pods.yaml", () -> api.list(ObjectType.POD, Installed.NAMESPACE, ""));
        if (pods != null) {
            to.objects("kubernetes/pods.yaml", () -> pods);
            for (ObjectNode pod : pods.stream().limit(MAX_PODS).toList()) {
                logs(to, pod);
            }
        }
        return true;
    }

    private String history() {
        StringBuilder text = new StringBuilder();
        for (Checkpoint each : new Checkpoints(api, InstantSource.system()).all()) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("number", each.number());
            line.put("state", each.state().word());
            line.put("version", each.version());
            line.put("when", each.when());
            line.put("who", each.who());
            line.put("what", each.what());
            text.append(line).append('\n');
            each.release().revisions().forEach(deployed -> text.append("  revision ").append(deployed.revision())
                    .append(deployed.promoted() ? " (promoted) " : " ").append(deployed.version()).append(": ")
                    .append(deployed.values()).append('\n'));
        }
        return text.toString();
    }

    private void logs(Gathering to, ObjectNode pod) throws InterruptedException {
        String name = pod.path("metadata").path("name").asString("");
        for (JsonNode container : containers(pod)) {
            String of = container.path("name").asString("");
            String file = "logs/" + name + "/" + of;
            to.text(file + ".log", () -> api.log(Installed.NAMESPACE, name, of, LOG_LINES, LOG_BYTES, false));
            if (restarted(pod, of)) {
                to.text(file + ".previous.log", () -> api.log(Installed.NAMESPACE, name, of, LOG_LINES, LOG_BYTES, true));
            }
        }
    }

    private static List<JsonNode> containers(ObjectNode pod) {
        List<JsonNode> all = new ArrayList<>();
        Stream.of("initContainers", "containers").forEach(list -> pod.path("spec").path(list).forEach(all::add));
        return all;
    }

    private static boolean restarted(ObjectNode pod, String container) {
        return Stream.of("initContainerStatuses", "containerStatuses").flatMap(list -> pod.path("status").path(list).valueStream())
                .anyMatch(status -> status.path("name").asString("").equals(container) && status.path("restartCount").asInt(0) > 0);
    }
}
