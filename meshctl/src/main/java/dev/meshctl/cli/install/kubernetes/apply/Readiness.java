package dev.meshctl.cli.install.kubernetes.apply;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whether an object has taken effect.
 *
 * @param now what one sees, for people
 */
record Readiness(State state, String now) {
    enum State {
        READY,
        WAITING,
        /** Waiting longer does not help. */
        BROKEN
    }

    static Readiness of(ObjectNode live) {
        return switch (live.path("kind").asString("")) {
            case "CustomResourceDefinition" -> definition(live);
            case "Deployment" -> deployment(live);
            case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration" -> webhooks(live);
            case "Namespace" -> namespace(live);
            default -> new Readiness(State.READY, "");
        };
    }

    private static Readiness definition(ObjectNode live) {
        Optional<JsonNode> accepted = condition(live, "NamesAccepted");
        if (accepted.isPresent() && isStatus(accepted, "False")) {
            return new Readiness(State.BROKEN, "its names are taken: " + message(accepted));
        }
        Optional<JsonNode> established = condition(live, "Established");
        return isStatus(established, "True") ? new Readiness(State.READY, "established")
                : new Readiness(State.WAITING, "not established" + colon(message(established)));
    }

    // As of "kubectl rollout status": what was observed is older than what is wanted until the controller has seen it.
    private static Readiness deployment(ObjectNode live) {
        JsonNode status = live.path("status");
        int wanted = live.path("spec").path("replicas").asInt(1);
        int updated = status.path("updatedReplicas").asInt(0);
        int available = status.path("availableReplicas").asInt(0);
        boolean seen = status.path("observedGeneration").asLong(0) >= live.path("metadata").path("generation").asLong(0);
        boolean oldGone = status.path("replicas").asInt(0) <= updated;
        String now = "%d of %d available".formatted(Math.min(updated, available), wanted);
        if (seen && updated >= wanted && available >= wanted && oldGone) {
            return new Readiness(State.READY, now);
        }
        Optional<JsonNode> failure = condition(live, "ReplicaFailure");
        if (seen && isStatus(failure, "True")) {
            return new Readiness(State.WAITING, now + colon(message(failure)));
        }
        return new Readiness(State.WAITING, seen && oldGone ? now : now + ", rolling out");
    }

    // Without the CA bundle, which the control plane writes, every call of the webhook fails.
    private static Readiness webhooks(ObjectNode live) {
        List<String> without = new ArrayList<>();
        live.path("webhooks").forEach(webhook -> {
            if (webhook.path("clientConfig").path("caBundle").asString("").isEmpty()) {
                without.add(webhook.path("name").asString(""));
            }
        });
        return without.isEmpty() ? new Readiness(State.READY, "")
                : new Readiness(State.WAITING, "the control plane has not written the CA bundle of " + String.join(", ", without));
    }

    private static Readiness namespace(ObjectNode live) {
        return live.path("metadata").has("deletionTimestamp")
                ? new Readiness(State.BROKEN, "it is being deleted") : new Readiness(State.READY, "");
    }

    static Optional<JsonNode> condition(ObjectNode live, String type) {
        for (JsonNode condition : live.path("status").path("conditions")) {
            if (condition.path("type").asString("").equals(type)) {
                return Optional.of(condition);
            }
        }
        return Optional.empty();
    }

    private static boolean isStatus(Optional<JsonNode> condition, String status) {
        return condition.isPresent() && condition.get().path("status").asString("").equals(status);
    }

    private static String message(Optional<JsonNode> condition) {
        return condition.map(each -> each.path("message").asString("")).orElse("");
    }

    private static String colon(String text) {
        return text.isEmpty() ? "" : ": " + text;
    }
}
