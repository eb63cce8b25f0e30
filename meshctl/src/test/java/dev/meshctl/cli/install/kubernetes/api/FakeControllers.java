package dev.meshctl.cli.install.kubernetes.api;

import tools.jackson.databind.node.ObjectNode;

/** What controllers of a cluster, and the mesh's own control plane, make of objects. */
public final class FakeControllers {
    private FakeControllers() {}

    /** Everything works at once. */
    public static void settle(ObjectNode live) {
        switch (live.path("kind").asString("")) {
            case "CustomResourceDefinition" -> live.withObject("status").withArray("conditions").removeAll().addObject()
                    .put("type", "Established").put("status", "True");
            case "Deployment" -> available(live, live.path("spec").path("replicas").asInt(1));
            case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration" -> live.path("webhooks").forEach(webhook ->
                    ((ObjectNode) webhook.path("clientConfig")).put("caBundle", "Y2E="));
            default -> { }
        }
    }

    /** As many pods of a Deployment are available, all of them new. */
    public static void available(ObjectNode deployment, int replicas) {
        int wanted = deployment.path("spec").path("replicas").asInt(1);
        deployment.withObject("status").put("observedGeneration", deployment.path("metadata").path("generation").asLong(0))
                .put("replicas", wanted).put("updatedReplicas", wanted).put("availableReplicas", replicas);
    }
}
