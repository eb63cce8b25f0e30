package dev.meshctl.control.admission.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.control.admission.PodShapes;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** AdmissionReviews as an API server sends them. */
final class Reviews {
    private Reviews() {}

    static ObjectNode review(ObjectNode object, String operation, String namespace) {
        ObjectNode review = JsonNodeFactory.instance.objectNode()
                .put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
        ObjectNode request = review.putObject("request").put("uid", "705ab4f5-6393-11e8-b7cc-42010a800002");
        String apiVersion = object.path("apiVersion").asString();
        int slash = apiVersion.indexOf('/');
        request.putObject("kind").put("group", slash < 0 ? "" : apiVersion.substring(0, slash))
                .put("version", apiVersion.substring(slash + 1)).put("kind", object.path("kind").asString());
        request.putObject("resource").put("group", "").put("version", "v1").put("resource", "things");
        request.put("name", object.path("metadata").path("name").asString("")).put("namespace", namespace)
                .put("operation", operation).put("dryRun", false);
        request.putObject("userInfo").put("username", "system:serviceaccount:kube-system:replicaset-controller");
        request.set("object", operation.equals("DELETE") ? JsonNodeFactory.instance.nullNode() : object);
        request.set("oldObject", JsonNodeFactory.instance.nullNode());
        return review;
    }

    static byte[] bytes(JsonNode review) {
        return review.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The {@code response} of a reply that is a review, after looking at what every one has. */
    static JsonNode response(Webhook webhook, JsonNode review) {
        Webhook.Reply reply = webhook.answer(bytes(review));
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.contentType()).isEqualTo("application/json");
        ObjectNode answer = PodShapes.json(new String(reply.body(), StandardCharsets.UTF_8));
        assertThat(answer.path("apiVersion").asString()).isEqualTo("admission.k8s.io/v1");
        assertThat(answer.path("kind").asString()).isEqualTo("AdmissionReview");
        assertThat(answer.at("/response/uid").asString()).isEqualTo(review.at("/request/uid").asString());
        return answer.path("response");
    }

    static JsonNode patch(JsonNode response) {
        byte[] patch = Base64.getDecoder().decode(response.path("patch").asString());
        return PodShapes.json("{\"patch\":" + new String(patch, StandardCharsets.UTF_8) + "}").path("patch");
    }
}
