package dev.meshctl.cli.testing.cluster;

import tools.jackson.databind.node.ObjectNode;

/** What an API server answers instead. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int code;
    private final String reason;

    Refused(int code, String reason, String message) {
        super(message);
        this.code = code;
        this.reason = reason;
    }

    static Refused notFound(String what) {
        return new Refused(404, "NotFound", what + " not found");
    }

    static Refused invalid(String message) {
        return new Refused(422, "Invalid", message);
    }

    int code() {
        return code;
    }

    ObjectNode status() {
        ObjectNode status = Store.JSON.createObjectNode().put("kind", "Status").put("apiVersion", "v1").put("status", "Failure")
                .put("message", getMessage()).put("reason", reason).put("code", code);
        status.putObject("metadata");
        if (code == 404) {
            status.putObject("details").put("name", getMessage());
        }
        return status;
    }
}
