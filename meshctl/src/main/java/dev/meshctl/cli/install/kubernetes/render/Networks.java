package dev.meshctl.cli.install.kubernetes.render;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who may connect to the mesh's own pods. Only what comes in is bound: what goes out is the API server, whose address a
 * NetworkPolicy cannot name, and other clusters.
 */
final class Networks {
    private final Site site;

    Networks(Site site) {
        this.site = site;
    }

    List<ObjectNode> policies() {
        if (!site.values().networkPolicies().enabled()) {
            return List.of();
        }
        List<ObjectNode> policies = new ArrayList<>();
        policies.add(policy("deny-unlisted", Labels.shared(site), Tree.map(), Tree.list()));
        for (Part part : Part.values()) {
            if (site.has(part)) {
                policies.add(policy(site.name(part), Labels.of(site, part),
                        Tree.map("matchLabels", Labels.selector(site, part)), rules(part)));
            }
        }
        return policies;
    }

    private ObjectNode policy(String name, ObjectNode labels, ObjectNode pods, ArrayNode rules) {
        ObjectNode policy = site.object("networking.k8s.io/v1", "NetworkPolicy", name, labels);
        policy.set("spec", Tree.map("podSelector", pods, "policyTypes", Tree.list("Ingress"),
                "ingress", Tree.unlessEmpty(rules)));
        return policy;
    }

    private ArrayNode rules(Part part) {
        ArrayNode rules = Tree.list();
        for (Part.Port port : part.ports()) {
            rules.add(Tree.map(
                    "from", Tree.unlessEmpty(from(port.name())),
                    "ports", Tree.list(Tree.map("port", port.number(), "protocol", "TCP"))));
        }
        return rules;
    }

    private ArrayNode from(String port) {
        return switch (port) {
            // Workloads of any namespace: all of them show an identity or a token.
            case "signing", "api" -> Tree.list(Tree.map("namespaceSelector", Tree.map()));
            case "metrics" -> readersOfMetrics();
            // Other clusters; and the API server, which is no pod.
            default -> Tree.list();
        };
    }

    private ArrayNode readersOfMetrics() {
        List<String> namespaces = site.values().networkPolicies().metricsFrom();
        if (namespaces.isEmpty()) {
            return Tree.list(Tree.map("namespaceSelector", Tree.map()));
        }
        return Tree.list(Tree.map("namespaceSelector", Tree.map("matchExpressions", Tree.list(Tree.map(
                "key", "kubernetes.io/metadata.name", "operator", "In", "values", namespaces)))));
    }
}
