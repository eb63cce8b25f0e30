package dev.meshctl.control.admission.inject;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What in a pod would not work beside the proxy (faults), and what its owner should know (warnings). */
record Conflicts(InjectionSettings settings, JsonNode pod) {
    private static final Set<Integer> PROXY_PORTS = Set.of(
            Sidecar.ADMIN_PORT, Sidecar.OUTBOUND_PORT, Sidecar.INBOUND_PORT, Sidecar.METRICS_PORT, Sidecar.DNS_PORT);
    private static final Set<String> STRICT_STANDARDS = Set.of("baseline", "restricted");

    void check(Faults faults) {
        containers("containers", faults);
        containers("initContainers", faults);
        if (Tree.texts(Tree.at(pod, "metadata", "annotations")).containsKey(PodAnnotations.INJECTED)) {
            faults.add(PodAnnotations.path(PodAnnotations.INJECTED), "is written by injection, but the pod has no proxy",
                    "remove the annotation");
        }
    }

    private void containers(String field, Faults faults) {
        List<ObjectNode> containers = Tree.objects(pod.path("spec").path(field));
        for (int i = 0; i < containers.size(); i++) {
            String path = "spec." + field + "[" + i + "]";
            user(containers.get(i), path, faults);
            ports(containers.get(i), path + ".ports", faults);
        }
    }

    private void user(ObjectNode container, String path, Faults faults) {
        JsonNode own = Tree.at(container, "securityContext", "runAsUser");
        JsonNode ofPod = Tree.at(pod, "spec", "securityContext", "runAsUser");
        JsonNode user = own.isIntegralNumber() ? own : ofPod;
        if (user.isIntegralNumber() && user.longValue() == settings.identity().proxyUid()) {
            faults.add(own.isIntegralNumber() ? path + ".securityContext.runAsUser" : "spec.securityContext.runAsUser",
                    "user %d is the proxy's, whose traffic is not redirected: container %s would go past the mesh"
                            .formatted(user.longValue(), Tree.text(container, "name")),
                    "run it as another user, or opt out with %s: disabled".formatted(PodAnnotations.INJECT));
        }
    }

    private static void ports(ObjectNode container, String path, Faults faults) {
        JsonNode ports = container.path("ports");
        for (int i = 0; i < ports.size(); i++) {
            JsonNode port = ports.path(i).path("containerPort");
            if (port.isIntegralNumber() && PROXY_PORTS.contains(port.intValue())) {
                faults.add(path + "[" + i + "].containerPort",
                        "port %d belongs to the proxy".formatted(port.intValue()), "let the application listen on another port");
            }
        }
    }

    /** One line each. */
    List<String> warnings(ObjectNode object, boolean isPod, Placement placement, Tuning tuning) {
        List<String> warnings = new ArrayList<>(PodAnnotations.strangeLabels(Tree.texts(Tree.at(pod, "metadata", "labels"))));
        JsonNode spec = pod.path("spec");
        if (!isPod) {
            PodAnnotations.misplaced(Tree.texts(Tree.at(object, "metadata", "annotations"))).forEach(name -> warnings.add(
                    "annotation %s of the %s does nothing; it belongs on the pod template".formatted(name, Tree.text(object, "kind"))));
        }
        String standard = placement.namespaceLabels().getOrDefault("pod-security.kubernetes.io/enforce", "");
        if (settings.redirect() == InjectionSettings.Redirect.INIT_CONTAINER && STRICT_STANDARDS.contains(standard)) {
            warnings.add(("namespace %s enforces the pod security standard \"%s\", which refuses NET_ADMIN: let the nodes set the"
                    + " redirect up, or exempt the namespace").formatted(placement.namespace(), standard));
        }
        if (Tree.isTrue(spec, "shareProcessNamespace")) {
            warnings.add("the containers share one process namespace: those that run as root can read the proxy's private key");
        }
        if (isGuaranteed(spec) && !isGuaranteed(tuning.resources())) {
            warnings.add("the pod's quality of service was Guaranteed and is Burstable with the proxy; set %s and %s to keep it"
                    .formatted(PodAnnotations.CPU_LIMIT, PodAnnotations.MEMORY_LIMIT) + ", equal to the proxy's requests");
        }
        tuning.drainSeconds().ifPresent(seconds -> {
            if (seconds > PodShape.gracePeriodSeconds(spec)) {
                warnings.add("%s: %d is more than the pod's grace period of %d s, within which the proxy ends; set"
                        .formatted(PodAnnotations.DRAIN_SECONDS, seconds, PodShape.gracePeriodSeconds(spec))
                        + " spec.terminationGracePeriodSeconds too");
            }
        });
        if (Tree.at(spec, "resources").isObject()) {
            warnings.add("the pod's own resources (spec.resources) now hold for the proxy too");
        }
        return warnings;
    }

    private static boolean isGuaranteed(JsonNode spec) {
        return Tree.objects(spec.path("containers")).stream().allMatch(container -> {
            JsonNode limits = Tree.at(container, "resources", "limits");
            JsonNode requests = Tree.at(container, "resources", "requests");
            return List.of("cpu", "memory").stream().allMatch(name -> limits.has(name)
                    && (!requests.has(name) || requests.path(name).equals(limits.path(name))));
        });
    }

    private static boolean isGuaranteed(Tuning.Resources resources) {
        return same(resources.cpuRequest(), resources.cpuLimit()) && same(resources.memoryRequest(), resources.memoryLimit());
    }

    private static boolean same(String request, String limit) {
        return !request.isEmpty() && !limit.isEmpty() && Quantity.parse(request).compareTo(Quantity.parse(limit)) == 0;
    }
}
