package dev.meshctl.cli.install.kubernetes.apply;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What keeps a deleted object from going away. */
public final class Held {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Held() {}

    /** In words: the finalizers of the object; of a namespace also what is left in it. */
    public static String why(ObjectNode live) {
        List<String> reasons = new ArrayList<>();
        for (JsonNode condition : live.path("status").path("conditions")) {
            boolean holds = condition.path("type").asString("").startsWith("Namespace")
                    && condition.path("status").asString("").equals("True");
            if (holds && !condition.path("message").asString("").isEmpty()) {
                reasons.add(condition.path("message").asString("").strip());
            }
        }
        List<String> finalizers = new ArrayList<>();
        live.path("metadata").path("finalizers").forEach(each -> finalizers.add(each.asString("")));
        if (!finalizers.isEmpty()) {
            reasons.add("finalizers that nobody has taken away: " + String.join(", ", finalizers));
        }
        if (!reasons.isEmpty()) {
            return String.join("\n", reasons);
        }
        return live.path("metadata").has("deletionTimestamp") ? "it is being deleted, and nothing says what holds it"
                : live.path("reason").asString("it was made again by somebody else");
    }

    static ObjectNode unknown(String reason) {
        return JSON.createObjectNode().put("reason", reason);
    }
}
