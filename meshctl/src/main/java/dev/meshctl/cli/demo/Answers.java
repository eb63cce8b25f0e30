package dev.meshctl.cli.demo;

import dev.meshctl.sample.HttpAnswer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads what sample services say. */
final class Answers {
    private static final String SERVED_BY = "x-meshctl-served-by";
    private static final String CALLER = "x-forwarded-client-cert";

    private Answers() {}

    /** The body as JSON; the failure tells status and body when it is none. */
    static JsonNode json(HttpAnswer answer) throws DemoFailure {
        try {
            return JsonMapper.shared().readTree(answer.body());
        } catch (JacksonException e) {
            throw new DemoFailure("expected JSON, got " + shown(answer), e);
        }
    }

    static void requireStatus(HttpAnswer answer, int status) throws DemoFailure {
        DemoFailure.unless(answer.status() == status, "expected status " + status + ", got " + shown(answer));
    }

    /** {@code <cluster>/<version>}, as the mesh says on the way back. */
    static String servedBy(HttpAnswer answer) {
        return answer.header(SERVED_BY);
    }

    /** The cause that the mesh names when it has refused or failed a request. */
    static String cause(HttpAnswer answer) {
        return answer.header("x-meshctl-error");
    }

    /** The identity of the caller as the called application was told. */
    static String callerSeen(JsonNode body) {
        return body.path(CALLER).asString("").replaceFirst("^URI=", "");
    }

    static String shown(HttpAnswer answer) {
        String body = answer.body().strip();
        return answer.status() + (cause(answer).isEmpty() ? "" : " " + cause(answer)) + ": "
                + (body.length() > 300 ? body.substring(0, 300) : body);
    }
}
