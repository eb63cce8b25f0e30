package dev.meshctl.control.admission.webhook;

import dev.meshctl.api.resource.Kinds;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What of an object, as an API server has it, its owner has written for the mesh. */
final class Intent {
    /** What an API server and its clients add, and check themselves. */
    private static final Set<String> BOOKKEEPING = Set.of("uid", "managedFields", "selfLink", "generateName", "finalizers",
            "ownerReferences", "deletionTimestamp", "deletionGracePeriodSeconds");
    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
    /** Stands for what an API server will put after {@code generateName}. */
    private static final String SUFFIX = "00000";

    private Intent() {}

    /** Empty if it is not the mesh's to judge: an object on its way out, or a route that is for gateways only. */
    static Optional<ObjectNode> of(ObjectNode object, String name) {
        JsonNode metadata = object.path("metadata");
        if (metadata.hasNonNull("deletionTimestamp")) {
            return Optional.empty();
        }
        ObjectNode intent = object.deepCopy();
        // Written by controllers, through a subresource.
        intent.remove("status");
        if (intent.path("metadata") instanceof ObjectNode own) {
            String generated = own.path("generateName").asString("");
            own.remove(BOOKKEEPING);
            if (!own.hasNonNull("name")) {
                own.put("name", generated.isEmpty() ? name : generated + SUFFIX);
            }
            if (own.path("annotations") instanceof ObjectNode annotations) {
                annotations.remove(LAST_APPLIED);
            }
        }
        return Kinds.ROUTES.stream().anyMatch(kind -> kind.name().equals(intent.path("kind").asString(""))) ? ofService(intent) : Optional.of(intent);
    }

    /**
     * The route with those of its parents that are Services; empty if none is. A parent without a kind is a
     * Gateway, by the Gateway API. A broken list of parents is left for the parser to judge.
     */
    private static Optional<ObjectNode> ofService(ObjectNode route) {
        if (!(route.path("spec").path("parentRefs") instanceof ArrayNode parents)) {
            boolean none = route.path("spec").path("parentRefs").isMissingNode();
            return none ? Optional.empty() : Optional.of(route);
        }
        ArrayNode services = JsonNodeFactory.instance.arrayNode();
        parents.forEach(parent -> {
            if (parent.path("kind").asString("Gateway").equals("Service")) {
                services.add(parent);
            }
        });
        ((ObjectNode) route.path("spec")).set("parentRefs", services);
        return services.isEmpty() ? Optional.empty() : Optional.of(route);
    }
}
