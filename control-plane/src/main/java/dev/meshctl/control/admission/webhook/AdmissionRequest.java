package dev.meshctl.control.admission.webhook;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an API server asks.
 *
 * @param uid to be said again in the answer
 * @param apiVersion of the object, as in {@code apps/v1}
 * @param subResource empty for the object itself
 * @param operation {@code CREATE}, {@code UPDATE}, {@code DELETE} or {@code CONNECT}
 * @param namespace empty for objects of the whole cluster
 * @param object what it is to be; empty for a delete
 * @param oldObject what it was; empty for a create
 * @see <a href="https://kubernetes.io/docs/reference/config-api/apiserver-admission.v1/">admission.k8s.io/v1</a>
 */
record AdmissionRequest(
        String uid,
        String apiVersion,
        String kind,
        String subResource,
        String operation,
        String namespace,
        String name,
        boolean dryRun,
        ObjectNode object,
        ObjectNode oldObject) {
    static final String VERSION = "admission.k8s.io/v1";
    /** An API server takes objects of at most 3 MiB; a review has the old one and the new one. */
    static final int MAX_BYTES = 8 * 1024 * 1024;
    private static final int MAX_DEPTH = 256;
    private static final int MAX_UID = 256;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH).maxStringLength(MAX_BYTES).build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** @throws MalformedReview if the body is too large, no JSON, or no review of {@value #VERSION} */
    static AdmissionRequest read(byte[] body) throws MalformedReview {
        if (body.length > MAX_BYTES) {
            throw new MalformedReview("review_too_large", 413, "the review has %d bytes; at most %d are read".formatted(body.length, MAX_BYTES));
        }
        JsonNode review = parse(body);
        if (!text(review, "kind").equals("AdmissionReview") || !text(review, "apiVersion").equals(VERSION)) {
            throw new MalformedReview("review_other_version", 400, "expected kind AdmissionReview of %s, found kind \"%s\" of \"%s\""
                    .formatted(VERSION, shown(text(review, "kind")), shown(text(review, "apiVersion"))));
        }
        JsonNode request = review.path("request");
        if (!request.isObject()) {
            throw new MalformedReview("review_without_request", 400, "request: expected an object");
        }
        String uid = text(request, "uid");
        if (uid.isEmpty() || uid.length() > MAX_UID) {
            throw new MalformedReview("review_without_uid", 400, "request.uid: expected 1 to %d characters".formatted(MAX_UID));
        }
        return request(uid, request);
    }

    private static AdmissionRequest request(String uid, JsonNode request) throws MalformedReview {
        JsonNode kind = request.path("kind");
        String operation = text(request, "operation");
        if (text(kind, "version").isEmpty() || text(kind, "kind").isEmpty() || operation.isEmpty()) {
            throw new MalformedReview("review_incomplete", 400, "request: expected a kind with version and kind, and an operation");
        }
        String group = text(kind, "group");
        return new AdmissionRequest(uid, (group.isEmpty() ? "" : group + "/") + text(kind, "version"), text(kind, "kind"),
                text(request, "subResource"), operation, text(request, "namespace"), text(request, "name"),
                request.path("dryRun").isBoolean() && request.path("dryRun").booleanValue(),
                object(request, "object"), object(request, "oldObject"));
    }

    private static JsonNode parse(byte[] body) throws MalformedReview {
        try {
            return JSON.readTree(body);
        } catch (JacksonException e) {
            throw new MalformedReview("review_no_json", 400, "not JSON: " + e.getOriginalMessage());
        }
    }

    private static ObjectNode object(JsonNode request, String field) throws MalformedReview {
        JsonNode value = request.path(field);
        if (value instanceof ObjectNode object) {
            return object;
        }
        if (!value.isMissingNode() && !value.isNull()) {
            throw new MalformedReview("review_incomplete", 400, "request." + field + ": expected an object");
        }
        return JsonNodeFactory.instance.objectNode();
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isString() ? value.stringValue() : "";
    }

    private static String shown(String text) {
        return text.length() > 80 ? text.substring(0, 80) + "…" : text;
    }
}
