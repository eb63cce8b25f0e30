package dev.meshctl.control.admission.manifest;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What an unquoted scalar is to kubectl, whose YAML is 1.1: {@code 0644} is octal (so {@code defaultMode: 0644}
 * is 420) and {@code yes} is true.
 *
 * @see <a href="https://yaml.org/type/">YAML 1.1 types</a>
 */
final class PlainScalar {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final Set<String> TRUE = Set.of("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON");
    private static final Set<String> FALSE = Set.of("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF");
    private static final Set<String> NULL = Set.of("", "~", "null", "Null", "NULL");
    /** Readers do not agree on these, so they are text, and always quoted when written. */
    private static final Set<String> UNSURE = Set.of("y", "Y", "n", "N", "<<", "=");
    private static final Pattern OCTAL = Pattern.compile("([-+]?)0o?([0-7_]+)");
    private static final Pattern HEX = Pattern.compile("([-+]?)0x([0-9a-fA-F_]+)");
    private static final Pattern BINARY = Pattern.compile("([-+]?)0b([01_]+)");
    private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9][0-9_]*");
    private static final Pattern FLOAT = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?");
    private static final Pattern NO_JSON = Pattern.compile("[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");
    /** Longer ones are no numbers that an API would take. */
    private static final int MAX_NUMBER = 64;

    private PlainScalar() {}

    /** @throws IllegalArgumentException for infinity and what is not a number, which JSON has not */
    static JsonNode read(String text) {
        if (NULL.contains(text)) {
            return NODES.nullNode();
        }
        if (TRUE.contains(text) || FALSE.contains(text)) {
            return NODES.booleanNode(TRUE.contains(text));
        }
        if (NO_JSON.matcher(text).matches()) {
            throw new IllegalArgumentException(text + " has no form in JSON");
        }
        return text.length() > MAX_NUMBER ? NODES.stringNode(text) : number(text).orElseGet(() -> NODES.stringNode(text));
    }

    private static Optional<JsonNode> number(String text) {
        return radix(OCTAL, 8, text).or(() -> radix(HEX, 16, text)).or(() -> radix(BINARY, 2, text)).or(() -> {
            if (FLOAT.matcher(text).matches()) {
                BigDecimal number = new BigDecimal(text);
                return Optional.of(INTEGER.matcher(text).matches() ? integer(number.toBigInteger()) : NODES.numberNode(number));
            }
            return INTEGER.matcher(text).matches() && !text.endsWith("_")
                    ? Optional.of(integer(new BigInteger(text.replace("_", "").replace("+", "")))) : Optional.empty();
        });
    }

    private static Optional<JsonNode> radix(Pattern form, int radix, String text) {
        var match = form.matcher(text);
        if (!match.matches() || match.group(2).replace("_", "").isEmpty()) {
            return Optional.empty();
        }
        BigInteger number = new BigInteger(match.group(2).replace("_", ""), radix);
        return Optional.of(integer(match.group(1).equals("-") ? number.negate() : number));
    }

    private static JsonNode integer(BigInteger number) {
        return number.bitLength() < 32 ? NODES.numberNode(number.intValue())
                : number.bitLength() < 64 ? NODES.numberNode(number.longValue()) : NODES.numberNode(number);
    }

    /** Whether any reader of YAML could take the text, unquoted, for something else than this text. */
    static boolean needsQuotes(String text) {
        return UNSURE.contains(text) || NO_JSON.matcher(text).matches() || !read(text).isString();
    }
}
