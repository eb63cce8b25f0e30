package dev.meshctl.control.admission.inject;

import dev.meshctl.control.admission.inject.Injection.LeftAlone;
import dev.meshctl.control.admission.inject.Injection.Reason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whether a pod gets a proxy: first whether anybody wants it (the pod's label, then its annotation, then the
 * namespace's label, then what the caller does by default), then whether it can.
 */
record Eligibility(InjectionSettings settings, Placement placement) {
    private static final String ENABLED = "enabled";
    private static final List<String> WORDS = List.of(ENABLED, "disabled");
    private static final Set<String> KUBERNETES_NAMESPACES = Set.of("kube-system", "kube-public", "kube-node-lease");
    private static final Set<String> OTHER_MESHES =
            Set.of("istio-proxy", "istio-init", "istio-validation", "linkerd-proxy", "linkerd-init", "kuma-sidecar", "consul-dataplane");

    /** Why nobody wants a proxy in this pod; empty if somebody does. A pod of any shape may be asked about. */
    Optional<LeftAlone> unwanted(JsonNode pod, Faults faults) {
        String namespace = placement.namespace();
        if (KUBERNETES_NAMESPACES.contains(namespace) || namespace.equals(settings.systemNamespace())) {
            return alone(Reason.SYSTEM_NAMESPACE, "namespace " + namespace + " belongs to the cluster or to the mesh itself");
        }
        Map<String, String> labels = Tree.texts(Tree.at(pod, "metadata", "labels"));
        String label = labels.get(PodAnnotations.INJECT);
        String annotation = Tree.texts(Tree.at(pod, "metadata", "annotations")).get(PodAnnotations.INJECT);
        String own = label != null ? label : annotation;
        if (own != null && label != null && annotation != null && !label.equals(annotation)) {
            faults.add(PodAnnotations.path(PodAnnotations.INJECT),
                    "says %s, and the label of the same name %s".formatted(Faults.quoted(annotation), Faults.quoted(label)),
                    "remove one of them");
            return Optional.empty();
        }
        if (own != null) {
            return byOwnWord(own, label != null ? "labels" : "annotations", faults).or(() -> revision(labels));
        }
        return byNamespace().or(() -> revision(labels));
    }

    private Optional<LeftAlone> byOwnWord(String word, String where, Faults faults) {
        try {
            return PodAnnotations.oneOf(word, WORDS).equals(ENABLED) ? Optional.empty()
                    : alone(Reason.OPTED_OUT, "the pod's %s say %s: disabled".formatted(where, PodAnnotations.INJECT));
        } catch (IllegalArgumentException e) {
            faults.add("metadata." + where + "[" + PodAnnotations.INJECT + "]", String.valueOf(e.getMessage()), "");
            return Optional.empty();
        }
    }

    /** Whatever a namespace's label says that is not "enabled" blocks no pod. */
    private Optional<LeftAlone> byNamespace() {
        String word = placement.namespaceLabels().get(PodAnnotations.INJECT);
        boolean wanted = word == null ? placement.byDefault() : word.equals(ENABLED);
        if (wanted) {
            return Optional.empty();
        }
        return word == null
                ? alone(Reason.NOT_ENABLED, "neither the pod nor its namespace has the label %s: enabled".formatted(PodAnnotations.INJECT))
                : alone(Reason.OPTED_OUT, "the namespace's label says %s: %s".formatted(PodAnnotations.INJECT, Faults.quoted(word)));
    }

    private Optional<LeftAlone> revision(Map<String, String> podLabels) {
        @Nullable String ofPod = podLabels.get(PodAnnotations.REVISION);
        String asked = ofPod != null ? ofPod : placement.namespaceLabels().getOrDefault(PodAnnotations.REVISION, "");
        boolean ours = asked.isEmpty() ? settings.promoted() : asked.equals(settings.revision());
        return ours ? Optional.empty() : alone(Reason.OTHER_REVISION, asked.isEmpty()
                ? "revision %s is not the promoted one".formatted(Faults.quoted(settings.revision()))
                : "revision %s was asked for, and this is %s".formatted(Faults.quoted(asked), Faults.quoted(settings.revision())));
    }

    /** Why a pod of the right shape cannot have a proxy; empty if it can. */
    Optional<LeftAlone> impossible(JsonNode pod) {
        JsonNode spec = pod.path("spec");
        Map<String, String> annotations = Tree.texts(Tree.at(pod, "metadata", "annotations"));
        List<String> names = names(spec);
        if (names.contains(Sidecar.NAME) || names.contains(RedirectSetup.NAME)) {
            return annotations.containsKey(PodAnnotations.INJECTED)
                    ? alone(Reason.ALREADY_INJECTED, "the pod has the proxy already")
                    : alone(Reason.OWN_SIDECAR, "the pod brings its own container named %s or %s"
                            .formatted(Sidecar.NAME, RedirectSetup.NAME));
        }
        if (Tree.isTrue(spec, "hostNetwork")) {
            return alone(Reason.HOST_NETWORK, "the pod uses the node's network, whose traffic must not be redirected");
        }
        if (isWindows(spec)) {
            return alone(Reason.WINDOWS, "the pod runs on Windows nodes, where there is no proxy");
        }
        if (annotations.containsKey("kubernetes.io/config.mirror") || annotations.containsKey("kubernetes.io/config.source")) {
            return alone(Reason.STATIC_POD, "a static pod has no service account and so no identity");
        }
        return names.stream().filter(OTHER_MESHES::contains).findFirst().flatMap(other ->
                alone(Reason.OTHER_MESH, "the pod has the container %s of another mesh, and two redirects would fight".formatted(other)));
    }

    private static List<String> names(JsonNode spec) {
        return Stream.of("containers", "initContainers").map(spec::path).map(Tree::objects).flatMap(List::stream)
                .map((ObjectNode container) -> Tree.text(container, "name")).toList();
    }

    private static boolean isWindows(JsonNode spec) {
        return Stream.of(Tree.text(spec, "os", "name"), Tree.text(spec, "nodeSelector", "kubernetes.io/os"),
                Tree.text(spec, "nodeSelector", "beta.kubernetes.io/os")).anyMatch("windows"::equals);
    }

    private static Optional<LeftAlone> alone(Reason reason, String because) {
        return Optional.of(new LeftAlone(reason, because));
    }
}
