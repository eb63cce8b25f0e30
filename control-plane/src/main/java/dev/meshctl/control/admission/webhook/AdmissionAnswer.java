package dev.meshctl.control.admission.webhook;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an API server is told.
 *
 * @param patch operations on the object; none: it stays as it is
 * @param problems why it is refused; none: it is allowed
 * @param warnings for whoever sent the object
 * @param audit entries of the API server's audit log
 */
record AdmissionAnswer(ArrayNode patch, List<Problem> problems, List<String> warnings, Map<String, String> audit) {
    private static final int INVALID = 422;
    private static final int MAX_WARNINGS = 10;
    /** Longer ones may be cut off by clients. */
    private static final int MAX_WARNING_CHARS = 256;

    /** @param field path in the object; empty for the whole */
    record Problem(String field, String message) {
        @Override
        public String toString() {
            return field.isEmpty() ? message : field + ": " + message;
        }
    }

    static AdmissionAnswer allowed(List<String> warnings, Map<String, String> audit) {
        return new AdmissionAnswer(JsonNodeFactory.instance.arrayNode(), List.of(), warnings, audit);
    }

    static AdmissionAnswer patched(ArrayNode patch, List<String> warnings, Map<String, String> audit) {
        return new AdmissionAnswer(patch, List.of(), warnings, audit);
    }

    static AdmissionAnswer refused(List<Problem> problems, Map<String, String> audit) {
        return new AdmissionAnswer(JsonNodeFactory.instance.arrayNode(), problems, List.of(), audit);
    }

    /** The AdmissionReview that answers a request. */
    ObjectNode review(AdmissionRequest request) {
        ObjectNode review = JsonNodeFactory.instance.objectNode()
                .put("apiVersion", AdmissionRequest.VERSION)
                .put("kind", "AdmissionReview");
        ObjectNode response = review.putObject("response").put("uid", request.uid()).put("allowed", problems.isEmpty());
        if (!problems.isEmpty()) {
            response.set("status", status(request));
        }
        if (!patch.isEmpty()) {
            response.put("patchType", "JSONPatch").put("patch",
                    Base64.getEncoder().encodeToString(patch.toString().getBytes(StandardCharsets.UTF_8)));
        }
        if (!warnings.isEmpty()) {
            shown(warnings).forEach(response.putArray("warnings")::add);
        }
        if (!audit.isEmpty()) {
            ObjectNode annotations = response.putObject("auditAnnotations");
            audit.forEach(annotations::put);
        }
        return review;
    }

    private ObjectNode status(AdmissionRequest request) {
        ObjectNode status = JsonNodeFactory.instance.objectNode()
                .put("code", INVALID)
                .put("reason", "Invalid")
                .put("message", String.join("\n", problems.stream().map(Problem::toString).toList()));
        ObjectNode details = status.putObject("details");
        if (!request.name().isEmpty()) {
            details.put("name", request.name());
        }
        int slash = request.apiVersion().indexOf('/');
        if (slash > 0) {
            details.put("group", request.apiVersion().substring(0, slash));
        }
        ArrayNode causes = details.put("kind", request.kind()).putArray("causes");
        problems.forEach(problem -> causes.addObject()
                .put("reason", "FieldValueInvalid").put("message", problem.message()).put("field", problem.field()));
        return status;
    }

    private static List<String> shown(List<String> warnings) {
        List<String> shown = new ArrayList<>();
        warnings.stream().limit(warnings.size() > MAX_WARNINGS ? MAX_WARNINGS - 1 : MAX_WARNINGS)
                .map(line -> line.length() > MAX_WARNING_CHARS ? line.substring(0, MAX_WARNING_CHARS - 1) + "…" : line)
                .forEach(shown::add);
        if (shown.size() < warnings.size()) {
            shown.add("and %d more warnings".formatted(warnings.size() - shown.size()));
        }
        return shown;
    }
}
