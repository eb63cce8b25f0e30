package dev.meshctl.kubernetes.failure;

import io.fabric8.kubernetes.api.model.StatusCause;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The fields that a refusal names: in its causes, one each, else in its message, as strict decoding, typed patches of
 * server-side apply and webhooks without causes have them.
 */
final class FieldProblems {
    private static final int MAX_PROBLEMS = 32;
    /** How a path without any step is written, see field.Path of apimachinery. */
    private static final String NO_PATH = "<nil>";

    // strict decoding error: unknown field "spec.a", duplicate field "spec.b"
    private static final Pattern STRICT = Pattern.compile("(?<message>(?:unknown|duplicate) field) \"(?<field>[^\"]+)\"");
    // failed to create typed patch object (shop/x; example.org/v1, Kind=X): errors:\n  .spec.a: field not declared in schema
    private static final Pattern TYPED = Pattern.compile("(?m)(?:^\\s*|\\): )\\.(?<field>[a-zA-Z][^\\s:]*): (?<message>.+)$");
    private static final Pattern DENIED = Pattern.compile("(?m)(?:^|denied the request: )(?<field>(?:spec|metadata)[\\w.\\[\\]/-]*): (?<message>.+)$");

    private FieldProblems() {}

    static List<FieldProblem> of(List<StatusCause> causes, String message) {
        List<FieldProblem> named = causes.stream().filter(cause -> cause.getMessage() != null && !cause.getMessage().isBlank())
                .limit(MAX_PROBLEMS).map(cause -> new FieldProblem(path(cause), Words.oneLine(cause.getMessage()))).toList();
        if (!named.isEmpty()) {
            return named;
        }
        List<FieldProblem> found = new ArrayList<>();
        Stream.of(STRICT, TYPED, DENIED).takeWhile(pattern -> found.isEmpty()).forEach(pattern ->
                pattern.matcher(message).results().limit(MAX_PROBLEMS).map(FieldProblems::problem).forEach(found::add));
        return found;
    }

    private static FieldProblem problem(MatchResult found) {
        return new FieldProblem(Words.oneLine(found.group("field")), Words.oneLine(found.group("message")));
    }

    private static String path(StatusCause cause) {
        String field = Words.oneLine(cause.getField());
        return field.equals(NO_PATH) ? "" : field.startsWith(".") ? field.substring(1) : field;
    }
}
