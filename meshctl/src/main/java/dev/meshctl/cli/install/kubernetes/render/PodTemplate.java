package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.cli.install.kubernetes.values.Scheduling;
import dev.meshctl.cli.install.kubernetes.values.Values;
import dev.meshctl.cli.install.kubernetes.values.Words;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The pods of one part, within the pod security standard "restricted". */
final class PodTemplate {
    private static final int HASH_CHARS = 16;

    private final Site site;
    private final Part part;

    PodTemplate(Site site, Part part) {
        this.site = site;
        this.part = part;
    }

    ObjectNode tree() {
        String metrics = String.valueOf(part.port("metrics").number());
        return Tree.map(
                "metadata", Tree.map(
                        "labels", Labels.of(site, part),
                        "annotations", Tree.map(
                                // A changed configuration is a new pod.
                                "meshctl.dev/config", hash(new DaemonFiles(site).of(part)),
                                "prometheus.io/scrape", "true",
                                "prometheus.io/port", metrics,
                                "prometheus.io/path", "/metrics")),
                "spec", spec());
    }

    private ObjectNode spec() {
        Values values = site.values();
        Scheduling scheduling = values.scheduling();
        PodVolumes volumes = new PodVolumes(site, part);
        ObjectNode nodes = Tree.map("kubernetes.io/os", "linux");
        nodes.setAll(Tree.texts(scheduling.nodeSelector()));
        return Tree.map(
                "serviceAccountName", part.word(),
                // The gateway meets other clusters; it gets no key to this one's API server.
                "automountServiceAccountToken", part != Part.GATEWAY,
                "enableServiceLinks", false,
                "terminationGracePeriodSeconds", 30,
                "priorityClassName", Tree.unlessEmpty(scheduling.priorityClassName()),
                "imagePullSecrets", Tree.unlessEmpty(Tree.each(
                        values.image().pullSecrets().stream().map(name -> Tree.map("name", name)).toList())),
                "securityContext", podSecurity(values.security().runAsUser()),
                "nodeSelector", nodes,
                "tolerations", Tree.unlessEmpty(Tree.each(
                        scheduling.tolerations().stream().map(PodTemplate::toleration).toList())),
                "topologySpreadConstraints", Tree.unlessEmpty(spread(scheduling.spread())),
                "containers", Tree.list(container(volumes)),
                "volumes", volumes.volumes());
    }

    private ObjectNode container(PodVolumes volumes) {
        return Tree.map(
                "name", part.word(),
                "image", site.image(),
                "imagePullPolicy", Words.of(site.values().image().pullPolicy()),
                "args", Tree.list(part.word(), "--config", DaemonFiles.CONFIG_DIRECTORY + "/config.json"),
                "env", Tree.list(env("POD_NAME", "metadata.name"), env("POD_NAMESPACE", "metadata.namespace"),
                        env("NODE_NAME", "spec.nodeName")),
                "ports", Tree.each(part.ports().stream().map(port -> Tree.map(
                        "name", port.name(), "containerPort", port.number(), "protocol", "TCP")).toList()),
                // A JVM needs its time to start; once it has, silence means trouble soon.
                "startupProbe", probe("/healthz", 2, 60),
                "livenessProbe", probe("/healthz", 10, 6),
                "readinessProbe", probe("/readyz", 5, 3),
                "resources", DaemonFiles.resources(site.resources(part)),
                "securityContext", Tree.map(
                        "allowPrivilegeEscalation", false,
                        "readOnlyRootFilesystem", true,
                        "capabilities", Tree.map("drop", Tree.list("ALL"))),
                "volumeMounts", volumes.mounts());
    }

    private static ObjectNode podSecurity(long user) {
        boolean chosen = user > 0;
        return Tree.map(
                "runAsNonRoot", true,
                "runAsUser", Tree.when(chosen, user),
                "runAsGroup", Tree.when(chosen, user),
                "fsGroup", Tree.when(chosen, user),
                "seccompProfile", Tree.map("type", "RuntimeDefault"));
    }

    private static ObjectNode env(String name, String field) {
        return Tree.map("name", name, "valueFrom", Tree.map("fieldRef", Tree.map("fieldPath", field)));
    }

    private static ObjectNode probe(String path, int periodSeconds, int failures) {
        return Tree.map("httpGet", Tree.map("path", path, "port", "metrics"),
                "periodSeconds", periodSeconds, "timeoutSeconds", 3, "failureThreshold", failures);
    }

    private static ObjectNode toleration(Scheduling.Toleration toleration) {
        return Tree.map(
                "key", Tree.unlessEmpty(toleration.key()),
                "operator", Words.of(toleration.operator()),
                "value", Tree.unlessEmpty(toleration.value()),
                "effect", Tree.when(toleration.effect() != Scheduling.Toleration.Effect.ALL, Words.of(toleration.effect())));
    }

    // Zones may be one, so they are only ever preferred; each ReplicaSet counts by itself, or an update could not roll.
    private ArrayNode spread(Scheduling.Spread spread) {
        return switch (spread) {
            case NONE -> Tree.list();
            case PREFERRED -> Tree.list(over("topology.kubernetes.io/zone", "ScheduleAnyway"),
                    over("kubernetes.io/hostname", "ScheduleAnyway"));
            case REQUIRED -> Tree.list(over("topology.kubernetes.io/zone", "ScheduleAnyway"),
                    over("kubernetes.io/hostname", "DoNotSchedule"));
        };
    }

    private ObjectNode over(String key, String otherwise) {
        return Tree.map("maxSkew", 1, "topologyKey", key, "whenUnsatisfiable", otherwise,
                "labelSelector", Tree.map("matchLabels", Labels.selector(site, part)),
                "matchLabelKeys", Tree.list("pod-template-hash"));
    }

    private static String hash(Map<String, String> files) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            files.forEach((name, content) -> digest.update((name + "\0" + content + "\0").getBytes(StandardCharsets.UTF_8)));
            return HexFormat.of().formatHex(digest.digest()).substring(0, HASH_CHARS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
