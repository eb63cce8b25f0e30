package dev.meshctl.cli.bugreport;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Takes secrets out of what leaves this machine. Rather too much is taken than too little: what it takes for a secret is
 * decided by the shape of the text and the name that stands before it, wherever it comes from. Counts what it took.
 */
final class Redaction {
    private static final String MARK = "[redacted]";

    /** Names of fields, variables and headers whose value is a secret. */
    private static final String SECRET_NAME =
            "[\\w.-]*(?:token|password|passwd|passphrase|secret|credential|api[_-]?key|private[_-]?key|access[_-]?key|client-key)"
                    + "[\\w.-]*";
    /** Of these the value says where a secret is or how long one lives, not what it is. */
    private static final Pattern HARMLESS_NAME = Pattern.compile(
            "(?i).*(?:name|ref|refs|path|file|dir|seconds|ttl|kind|type|audience|count|total|mount\\w*|counted)$");
    private static final Pattern SECRET_FIELD = Pattern.compile("(?i)^" + SECRET_NAME + "$");
    private static final Pattern HARMLESS_VALUE = Pattern.compile("(?i)true|false|null|none|\\d{1,12}|\\[redacted]");

    /**
     * A shape of secrets.
     *
     * @param keepFirst the first group stays, before the mark
     */
    private record Rule(String kind, Pattern pattern, boolean keepFirst) {}

    private static final List<Rule> RULES = List.of(
            new Rule("private key", Pattern.compile("-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\\s\\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\\z)"), false),
            new Rule("encoded PEM", Pattern.compile("LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]{16,}"), false),
            new Rule("JWT", Pattern.compile("eyJ[A-Za-z0-9_-]{6,}\\.[A-Za-z0-9_-]{6,}\\.[A-Za-z0-9_-]*"), false),
            new Rule("token of the mesh", Pattern.compile("\\bm[a-z]t\\d?[._][A-Za-z0-9_.-]{16,}"), false),
            new Rule("Authorization header", Pattern.compile(
                    "(?i)((?:proxy-)?authorization\\\\?[\"']?\\s*[:=]\\s*\\\\?[\"']?\\[?)(?:(?:bearer|basic|negotiate|digest)\\s+)?[^\\s\"',;\\]\\\\]+"), true),
            new Rule("bearer token", Pattern.compile("(?i)(\\bbearer\\s+)[A-Za-z0-9._~+/=-]{8,}"), true),
            new Rule("password in a URL", Pattern.compile("(?i)([a-z][a-z0-9+.-]{1,15}://)[^\\s/@\"']+:[^\\s/@\"']+(?=@)"), true));

    private static final Pattern NAMED = Pattern.compile(
            "(?i)(?<before>(?<name>" + SECRET_NAME + ")\\\\?[\"']?[ \\t]*[:=][ \\t]*)(?<value>\\\\?\"(?:[^\"\\\\]|\\\\[^\"])*\\\\?\"|'[^']*'|[^\\s,;}\\]\"']+)");

    private final Map<String, Long> counts = new TreeMap<>();

    /** The text without secrets. */
    synchronized String text(String text) {
        String clean = text;
        for (Rule rule : RULES) {
            clean = rule.pattern().matcher(clean).replaceAll(match -> {
                count(rule.kind());
                return quoted((rule.keepFirst() ? match.group(1) : "") + MARK);
            });
        }
        return NAMED.matcher(clean).replaceAll(match -> quoted(named(match)));
    }

    private static String quoted(String replacement) {
        return java.util.regex.Matcher.quoteReplacement(replacement);
    }

    private String named(MatchResult match) {
        String value = match.group("value");
        String bare = value.replaceAll("^\\\\?[\"']|\\\\?[\"']$", "");
        if (HARMLESS_NAME.matcher(match.group("name")).matches() || bare.isEmpty() || HARMLESS_VALUE.matcher(bare).matches()
                || bare.startsWith("{") || bare.startsWith("[") || bare.contains(MARK)) {
            return match.group();
        }
        count("named secret");
        String quote = value.startsWith("\\\"") ? "\\\"" : value.startsWith("\"") ? "\"" : value.startsWith("'") ? "'" : "";
        return match.group("before") + quote + MARK + quote;
    }

    /**
     * An object without what it keeps secret: the data of Secrets, values of variables with the name of a secret, what
     * kubectl remembers of an object. Its text goes through {@link #text} all the same.
     */
    synchronized ObjectNode object(ObjectNode object) {
        ObjectNode copy = object.deepCopy();
        if (copy.path("kind").asString("").equals("Secret")) {
            maskAll(copy, "data");
            maskAll(copy, "stringData");
        }
        if (copy.path("metadata") instanceof ObjectNode metadata) {
            metadata.remove("managedFields");
            if (metadata.path("annotations") instanceof ObjectNode annotations) {
                annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
            }
        }
        walk(copy);
        return copy;
    }

    private void maskAll(ObjectNode object, String field) {
        if (object.path(field) instanceof ObjectNode data) {
            data.propertyNames().stream().toList().forEach(name -> {
                data.put(name, MARK);
                count("data of a Secret");
            });
        }
    }

    private void walk(JsonNode node) {
        switch (node) {
            case ObjectNode object -> {
                if (object.path("name") instanceof StringNode name && object.path("value") instanceof StringNode value
                        && isSecret(name.asString(), value.asString())) {
                    object.put("value", MARK);
                    count("named secret");
                }
                object.properties().forEach(field -> {
                    if (field.getValue() instanceof StringNode value && isSecret(field.getKey(), value.asString())) {
                        field.setValue(StringNode.valueOf(MARK));
                        count("named secret");
                    } else {
                        walk(field.getValue());
                    }
                });
            }
            case ArrayNode list -> list.forEach(this::walk);
            default -> { }
        }
    }

    private static boolean isSecret(String name, String value) {
        return !value.isEmpty() && SECRET_FIELD.matcher(name).matches() && !HARMLESS_NAME.matcher(name).matches()
                && !HARMLESS_VALUE.matcher(value).matches();
    }

    private void count(String kind) {
        counts.merge(kind, 1L, Long::sum);
    }

    /** What was taken, by kind. */
    synchronized Map<String, Long> counts() {
        return new TreeMap<>(counts);
    }
}
