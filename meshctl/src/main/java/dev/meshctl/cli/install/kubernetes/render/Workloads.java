package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.cli.install.kubernetes.values.Gateway.Exposure;
import dev.meshctl.cli.install.kubernetes.values.Values.Network.IpFamily;
import dev.meshctl.cli.install.kubernetes.values.Words;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What runs: a Deployment and a Service for each part, and its disruption budget. */
final class Workloads {
    private final Site site;

    Workloads(Site site) {
        this.site = site;
    }

    /** Everything of one part. */
    List<ObjectNode> of(Part part) {
        if (!site.has(part)) {
            return List.of();
        }
        return List.of(part == Part.GATEWAY ? gatewayService() : clusterService(part), deployment(part));
    }

    /** A budget for a single replica would only keep nodes from being drained. */
    List<ObjectNode> disruptionBudgets() {
        List<ObjectNode> budgets = new ArrayList<>();
        for (Part part : Part.values()) {
            if (site.has(part) && site.replicas(part) > 1) {
                ObjectNode budget = site.object("policy/v1", "PodDisruptionBudget", site.name(part), Labels.of(site, part));
                budget.set("spec", Tree.map("maxUnavailable", 1, "unhealthyPodEvictionPolicy", "AlwaysAllow",
                        "selector", Tree.map("matchLabels", Labels.selector(site, part))));
                budgets.add(budget);
            }
        }
        return budgets;
    }

    private ObjectNode deployment(Part part) {
        ObjectNode deployment = site.object("apps/v1", "Deployment", site.name(part), Labels.of(site, part));
        deployment.set("spec", Tree.map(
                "replicas", site.replicas(part),
                "revisionHistoryLimit", 3,
                // The installer has its own, shorter patience; this is what others see.
                "progressDeadlineSeconds", 600,
                "strategy", Tree.map("type", "RollingUpdate",
                        "rollingUpdate", Tree.map("maxSurge", 1, "maxUnavailable", 0)),
                "selector", Tree.map("matchLabels", Labels.selector(site, part)),
                "template", new PodTemplate(site, part).tree()));
        return deployment;
    }

    private ObjectNode clusterService(Part part) {
        ObjectNode service = site.object("v1", "Service", site.name(part), Labels.of(site, part));
        ObjectNode spec = Tree.map("type", "ClusterIP");
        addFamilies(spec);
        spec.set("selector", Labels.selector(site, part));
        spec.set("ports", Tree.each(part.ports().stream().map(port -> port(port, 0)).toList()));
        service.set("spec", spec);
        return service;
    }

    // Metrics are not for other clusters: the Service has the one port that is.
    private ObjectNode gatewayService() {
        Exposure exposure = site.values().gateway().service();
        ObjectNode service = site.object("v1", "Service", site.name(Part.GATEWAY), Labels.of(site, Part.GATEWAY));
        if (!exposure.annotations().isEmpty()) {
            ((ObjectNode) service.path("metadata")).set("annotations", Tree.texts(exposure.annotations()));
        }
        ObjectNode spec = Tree.map("type", Words.of(exposure.type()));
        addFamilies(spec);
        spec.put("externalTrafficPolicy", Words.of(exposure.externalTrafficPolicy()));
        spec.setAll(Tree.map(
                "loadBalancerClass", Tree.unlessEmpty(exposure.loadBalancerClass()),
                "loadBalancerSourceRanges", Tree.unlessEmpty(Tree.each(exposure.sourceRanges())),
                "selector", Labels.selector(site, Part.GATEWAY),
                "ports", Tree.list(port(Part.GATEWAY.port("east-west"), exposure.nodePort()))));
        service.set("spec", spec);
        return service;
    }

    private static ObjectNode port(Part.Port port, int nodePort) {
        return Tree.map("name", port.name(), "port", port.service(), "targetPort", port.name(), "protocol", "TCP",
                "nodePort", Tree.when(nodePort > 0, nodePort));
    }

    private void addFamilies(ObjectNode spec) {
        IpFamily family = site.values().network().ipFamily();
        if (family == IpFamily.DUAL) {
            spec.put("ipFamilyPolicy", "RequireDualStack");
        } else {
            spec.put("ipFamilyPolicy", "SingleStack");
            spec.set("ipFamilies", Tree.list(Words.of(family)));
        }
    }
}
